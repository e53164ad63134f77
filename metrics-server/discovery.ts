import type { Answer } from "./encode.ts";
import { GROUP, VERSION } from "./metrics.ts";

const VERBS = ["get", "list"];

/** What the group has: plural, kind, and whether it lies in namespaces. */
export const RESOURCES = [
  { name: "nodes", kind: "NodeMetrics", namespaced: false },
  { name: "pods", kind: "PodMetrics", namespaced: true },
] as const;

const version = { groupVersion: `${GROUP}/${VERSION}`, version: VERSION };
const group = { name: GROUP, versions: [version], preferredVersion: version };

/** Documents of discovery by path. @param port that we are reached at */
export const discoveryAt = (port: number): ReadonlyMap<string, Answer> =>
  new Map<string, Answer>([
    [
      "/apis",
      {
        kind: "APIGroupList",
        groups: [{ ...group, serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: `:${port}` }] }],
      } as Answer,
    ],
    [`/apis/${GROUP}`, { kind: "APIGroup", apiVersion: "v1", ...group } as Answer],
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
      } as Answer,
    ],
  ]);

/** All of the group at once. (apidiscovery.k8s.io) */
export const aggregatedDiscovery = (discoveryVersion: string) => ({
  kind: "APIGroupDiscoveryList",
  apiVersion: `apidiscovery.k8s.io/${discoveryVersion}`,
  metadata: {},
  items: [
    {
      metadata: { name: GROUP },
      versions: [
        {
          version: VERSION,
          resources: RESOURCES.map(({ name, kind, namespaced }) => ({
            resource: name,
            responseKind: { group: "", version: "", kind },
            scope: namespaced ? "Namespaced" : "Cluster",
            singularResource: "",
            verbs: VERBS,
          })),
          freshness: "Current",
        },
      ],
    },
  ],
});
