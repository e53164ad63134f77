import { expect, test } from "vitest";
import { categorizeEndpoints } from "./categorize-endpoints.ts";
import type { Endpoint } from "./endpoints.ts";
import type { ServicePort } from "./service-port.ts";

const NODE = { name: "node-a", zone: "east" };

/** An endpoint in a word: letters for its state, `@node` and `^zone` for hints. */
function endpoint(word: string, index: number): Endpoint {
  const [, flags = ""] = /^([rstl]*)/.exec(word) ?? [];
  return {
    address: `10.0.0.${index + 1}`,
    port: 80,
    isReady: flags.includes("r"),
    isServing: flags.includes("r") || flags.includes("s"),
    isTerminating: flags.includes("t"),
    isLocal: flags.includes("l"),
    nodeHints: [...word.matchAll(/@([\w-]+)/g)].map(([, name]) => name ?? ""),
    zoneHints: [...word.matchAll(/\^(\w+)/g)].map(([, name]) => name ?? ""),
  };
}

const PORT: ServicePort = {
  namespace: "ns",
  service: "web",
  portName: "",
  protocol: "TCP",
  clusterIP: "10.96.0.7",
  port: 80,
  nodePort: 0,
  externalIPs: [],
  loadBalancerIPs: [],
  sourceRanges: [],
  affinitySeconds: 0,
  externalLocal: false,
  internalLocal: false,
};
const externalLocal = { nodePort: 30080, externalLocal: true };

test.each([
  { what: "ready ones", words: ["r", "rl", "s", ""], port: {}, cluster: [1, 2], local: [], hasAny: true },
  {
    what: "fading ones when none is ready",
    words: ["st", "t", "stl"],
    port: {},
    cluster: [1, 3],
    local: [],
    hasAny: true,
  },
  { what: "ready before fading", words: ["st", "r"], port: {}, cluster: [2], local: [], hasAny: true },
  { what: "nobody", words: ["t", "s", ""], port: {}, cluster: [], local: [], hasAny: false },
  { what: "local ones", words: ["r", "rl"], port: { internalLocal: true }, cluster: [], local: [2], hasAny: true },
  { what: "nobody here", words: ["r", "st"], port: { internalLocal: true }, cluster: [], local: [], hasAny: true },
  { what: "local fading", words: ["r", "stl"], port: externalLocal, cluster: [1], local: [2], hasAny: true },
  {
    what: "local ready before local fading",
    words: ["stl", "rl"],
    port: externalLocal,
    cluster: [2],
    local: [2],
    hasAny: true,
  },
  { what: "the zone's", words: ["r^east", "r^west"], port: {}, cluster: [1], local: [], hasAny: true },
  { what: "all without a hint on each", words: ["r^east", "r"], port: {}, cluster: [1, 2], local: [], hasAny: true },
  {
    what: "all with hints for others",
    words: ["r^west", "r^south"],
    port: {},
    cluster: [1, 2],
    local: [],
    hasAny: true,
  },
  {
    what: "the node's before the zone's",
    words: ["r@node-b^east", "r@node-a^east"],
    port: {},
    cluster: [2],
    local: [],
    hasAny: true,
  },
  {
    what: "the zone's without node hints on each",
    words: ["r@node-a^east", "r^east"],
    port: {},
    cluster: [1, 2],
    local: [],
    hasAny: true,
  },
  { what: "fading without regard to hints", words: ["st^west"], port: {}, cluster: [1], local: [], hasAny: true },
])("traffic goes to $what", ({ words, port, cluster, local, hasAny }) => {
  const found = categorizeEndpoints(words.map(endpoint), { ...PORT, ...port }, NODE);
  const numbers = (list: readonly Endpoint[]) => list.map(({ address }) => Number(address.split(".")[3]));
  expect({ cluster: numbers(found.cluster), local: numbers(found.local), hasAny: found.hasAny }).toEqual({
    cluster,
    local,
    hasAny,
  });
  expect(numbers(found.reachable).sort()).toEqual([...new Set([...cluster, ...local])].sort());
});
