import {
  type Action,
  defineController,
  type Key,
  keyOf,
  type Lister,
  mapping,
  matchesSelector,
} from "../client/index.ts";
import type { ClusterRole, PolicyRule } from "../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { deepEqual } from "./equality.ts";

const NAME = "clusterrole-aggregation-controller";
const RESOURCE = "rbac.authorization.k8s.io/v1/clusterroles";

interface Listers {
  roles: Lister<ClusterRole>;
}

/** A ClusterRole with an aggregation rule has the rules of all that it selects. Follows pkg/controller/clusterroleaggregation. */
export function reconcile(key: Key, { roles }: Listers): Action[] {
  const role = roles.get(key);
  if (!role?.aggregationRule) return [];
  const rules: PolicyRule[] = [];
  for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
    const selected = roles
      .list()
      .filter(({ metadata }) => metadata.name !== key && matchesSelector(selector, metadata.labels))
      .sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
    for (const rule of selected.flatMap((one) => one.rules ?? []))
      if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
  }
  if (deepEqual(rules, role.rules ?? [])) return [];
  const patch = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: key }, rules };
  return [{ do: "patch", resource: RESOURCE, object: role, type: "apply", patch, fieldManager: NAME }];
}

export const clusterRoleAggregationController = defineController<Listers>({
  name: NAME,
  watches: {
    maps: [
      mapping(RESOURCE, (_role, { roles }: Listers) =>
        roles
          .list()
          .filter(({ aggregationRule }) => aggregationRule)
          .map(keyOf),
      ),
    ],
  },
  listers: (get) => ({ roles: get(RESOURCE) }),
  reconcile,
});
