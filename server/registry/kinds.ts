import type { KubeObject } from "../meta/object.ts";
import { compileKind } from "./compile.ts";
import { resourceFacts } from "./facts.ts";
import type { Kind, KindDefinition } from "./kind.ts";
import { withStatus } from "./subresources.ts";

/** All that is special about built-in kinds. What is not in here is served by the facts alone. */
// One type for definitions of all kinds: each is only called with objects of its own.
// biome-ignore lint/suspicious/noExplicitAny: see above
export const definitions: readonly KindDefinition<any>[] = [
  clusterRole,
  clusterRoleBinding,
  configMap,
  endpoints,
  endpointSlice,
  event,
  lease,
  namespace,
  node,
  role,
  roleBinding,
  secret,
  selfSubjectReview,
  serviceAccount,
];

/** Every resource of every served version, in upstream's order of groups. */
export function builtInKinds(): Kind[] {
  const byKind = new Map<string, KindDefinition<KubeObject>>();
  for (const definition of definitions) {
    byKind.set(`${definition.group}/${definition.version}/${definition.kind}`, definition);
    for (const { group = definition.group, version } of definition.versions ?? []) {
      byKind.set(`${group}/${version}/${definition.kind}`, definition);
    }
  }
  return Object.entries(resourceFacts.versions).flatMap(([groupVersion, resources]) => {
    const [version = "", group = ""] = groupVersion.split("/").reverse();
    return Object.entries(resources).map(([plural, facts]) => {
      const { kind } = facts;
      const own = byKind.get(`${group}/${version}/${kind}`);
      const hasStatus = facts.subresources?.status !== undefined;
      const definition = own ?? { group, version, kind, ...(hasStatus && withStatus) };
      return compileKind({ group, version, plural, facts, definition });
    });
  });
}
