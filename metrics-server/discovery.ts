import { GROUP, VERSION } from "./metrics.ts";

const VERBS = ["get", "list"];

/** What the group has: plural, kind, and whether it lies in namespaces. */
export const RESOURCES = [
  { name: "nodes", kind: "NodeMetrics", namespaced: false },
  { name: "pods", kind: "PodMetrics", namespaced: true },
] as const;

const version = { groupVersion: `${GROUP}/${VERSION}`, version: VERSION };
const group = { name: GROUP, versions: [version], preferredVersion: version };

/** Documents of discovery by path. */
export const discovery: ReadonlyMap<string, object> = new Map<string, object>([
  ["/apis", { kind: "APIGroupList", apiVersion: "v1", groups: [group] }],
  [`/apis/${GROUP}`, { kind: "APIGroup", apiVersion: "v1", ...group }],
  [
    `/apis/${GROUP}/${VERSION}`,
    {
      kind: "APIResourceList",
      apiVersion: "v1",
      groupVersion: version.groupVersion,
      resources: RESOURCES.map(({ name, kind, namespaced }) => ({
        name,
        singularName: "",
        namespaced,
        kind,
        verbs: VERBS,
      })),
    },
  ],
]);
