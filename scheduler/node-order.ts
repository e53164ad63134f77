import type { Node } from "../openapi/api/core.v1.ts";
import type { NodeInfo } from "./node-info.ts";

/** Region and zone of a node in one word, "" without any. (component-helpers/node/topology GetZoneKey) */
export function zoneOf({ metadata: { labels = {} } }: Node): string {
  const zone = labels["topology.kubernetes.io/zone"] ?? labels["failure-domain.beta.kubernetes.io/zone"] ?? "";
  const region = labels["topology.kubernetes.io/region"] ?? labels["failure-domain.beta.kubernetes.io/region"] ?? "";
  return zone || region ? `${region}:\0:${zone}` : "";
}

/** One node of each zone in turn, so that the first ones that fit are of all zones. (backend/cache/node_tree.go) */
export function nodeOrder(nodes: readonly NodeInfo[]): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  for (const info of nodes) {
    const zone = zoneOf(info.node);
    const list = zones.get(zone);
    if (list) list.push(info);
    else zones.set(zone, [info]);
  }
  const order: NodeInfo[] = [];
  for (let i = 0; order.length < nodes.length; i++) {
    for (const list of zones.values()) {
      const info = list[i];
      if (info) order.push(info);
    }
  }
  return order;
}
