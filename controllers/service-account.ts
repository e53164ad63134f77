import { type Action, defineController, type Key, type Lister, mapping } from "../client/index.ts";
import type { Namespace, ServiceAccount } from "../openapi/api/core.v1.ts";

const NAME = "default";

interface Listers {
  namespaces: Lister<Namespace>;
  accounts: Lister<ServiceAccount>;
}

/** Every namespace that stays has a ServiceAccount `default`. Follows pkg/controller/serviceaccount. */
export function reconcile(namespace: Key, { namespaces, accounts }: Listers): Action[] {
  const found = namespaces.get(namespace);
  if (!found || found.status.phase === "Terminating" || accounts.get(`${namespace}/${NAME}`)) return [];
  const object = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: NAME, namespace } };
  return [{ do: "create", resource: "v1/serviceaccounts", object }];
}

export const serviceAccountController = defineController<Listers>({
  name: "serviceaccount-controller",
  watches: {
    for: "v1/namespaces",
    maps: [mapping("v1/serviceaccounts", ({ metadata }) => (metadata.name === NAME ? [metadata.namespace ?? ""] : []))],
  },
  listers: (get) => ({ namespaces: get("v1/namespaces"), accounts: get("v1/serviceaccounts") }),
  reconcile,
});
