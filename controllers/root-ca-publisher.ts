import { type Action, defineController, type Key, type Lister, mapping } from "../client/index.ts";
import type { ConfigMap, Namespace } from "../openapi/api/core.v1.ts";

const NAME = "kube-root-ca.crt";
const DESCRIPTION = "kubernetes.io/description";
const TEXT =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

interface Listers {
  namespaces: Lister<Namespace>;
  configMaps: Lister<ConfigMap>;
}

/** Keeps a ConfigMap with the server's CA in every namespace. Follows pkg/controller/certificates/rootcacertpublisher. */
export function reconcile(namespace: Key, { namespaces, configMaps }: Listers, rootCa: string): Action[] {
  const found = namespaces.get(namespace);
  if (!found || found.status.phase === "Terminating") return [];
  const data = { "ca.crt": rootCa };
  const current = configMaps.get(`${namespace}/${NAME}`);
  if (!current) {
    const metadata = { name: NAME, namespace, annotations: { [DESCRIPTION]: TEXT } };
    return [
      {
        do: "create",
        resource: "v1/configmaps",
        object: { apiVersion: "v1", kind: "ConfigMap", metadata, data } as ConfigMap,
      },
    ];
  }
  const isRight = current.data?.["ca.crt"] === rootCa && Object.keys(current.data).length === 1;
  if (isRight && current.metadata.annotations?.[DESCRIPTION]) return [];
  const annotations = { ...current.metadata.annotations, [DESCRIPTION]: TEXT };
  const object: ConfigMap = { ...current, data, metadata: { ...current.metadata, annotations } };
  return [{ do: "update", resource: "v1/configmaps", object }];
}

/** @param rootCa PEM */
export function rootCaPublisherController(rootCa: string) {
  return defineController<Listers>({
    name: "root-ca-certificate-publisher-controller",
    watches: {
      for: "v1/namespaces",
      maps: [mapping("v1/configmaps", ({ metadata }) => (metadata.name === NAME ? [metadata.namespace ?? ""] : []))],
    },
    listers: (get) => ({ namespaces: get("v1/namespaces"), configMaps: get("v1/configmaps") }),
    reconcile: (key, listers) => reconcile(key, listers, rootCa),
  });
}
