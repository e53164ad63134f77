import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { silentLogger } from "../../client/index.ts";
import type { Node, Pod } from "../../openapi/api/core.v1.ts";
import { defaultConfiguration } from "../config/load.ts";
import type { ExtenderConfiguration } from "../config/types.ts";
import type { NodeInfo } from "../node-info.ts";
import { fitError } from "../schedule.ts";
import { decisionOn, defaultProfile, nodeInfo, nothing } from "../simulation.ts";
import { createExtenders, type Extenders } from "./extenders.ts";
import { scheduleWithExtenders } from "./schedule-with-extenders.ts";

type Answer = (verb: string, args: Record<string, unknown>) => unknown;
const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A program that answers as told, and remembers what it was asked. */
async function extender(answer: Answer, config: Partial<ExtenderConfiguration> = {}) {
  const asked: { verb: string; args: Record<string, unknown> }[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const verb = request.url?.split("/").at(-1) ?? "";
    asked.push({ verb, args: JSON.parse(text) });
    const result = answer(verb, JSON.parse(text));
    response.statusCode = result === undefined ? 500 : 200;
    response.end(JSON.stringify(result ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => new Promise((resolve) => server.close(resolve)));
  const urlPrefix = `http://127.0.0.1:${(server.address() as AddressInfo).port}/scheduler`;
  return { config: { urlPrefix, nodeCacheCapable: true, ...config }, asked };
}

function extendersOf(...configs: ExtenderConfiguration[]): Extenders {
  const extenders = createExtenders({ ...defaultConfiguration(), extenders: configs }, silentLogger);
  if (!extenders) throw new Error("no extenders");
  open.unshift(() => extenders.close());
  return extenders;
}

const profile = defaultProfile();
const nodes = ["a", "b", "c"].map((name) => nodeInfo(name, {}, {}));
const pod: Pod = {
  metadata: { name: "p", namespace: "default", uid: "p" },
  spec: { containers: [{ name: "c", image: "i", resources: { limits: { "example.com/foo": "1" } } }] },
  status: {},
};
const plain: Pod = { ...pod, spec: { containers: [{ name: "c", image: "i", resources: {} }] } };
async function place(extenders: Extenders, which = plain): Promise<string> {
  const outcome = await scheduleWithExtenders(
    decisionOn(which, nodes, { profile, listers: nothing, random: 0 }),
    extenders,
  );
  return "diagnosis" in outcome ? fitError(outcome.diagnosis) : outcome.node.name;
}

test("a Pod goes where the extender lets it", async () => {
  const { config, asked } = await extender(() => ({ NodeNames: ["b"], FailedNodes: { a: "no", c: "no" } }), {
    filterVerb: "filter",
  });
  expect(await place(extendersOf(config))).toBe("b");
  expect(asked).toEqual([{ verb: "filter", args: { Pod: plain, Nodes: null, NodeNames: ["a", "b", "c"] } }]);
});

test("an extender that does not watch nodes is sent them whole, and answers with them", async () => {
  const { config } = await extender(
    (_, { Nodes }) => ({ nodes: { items: (Nodes as { items: Node[] }).items.slice(2) } }),
    { filterVerb: "filter", nodeCacheCapable: false },
  );
  expect(await place(extendersOf(config))).toBe("c");
});

test("when extenders leave nothing, the Pod is told why", async () => {
  const { config } = await extender(
    () => ({ NodeNames: [], FailedNodes: { a: "too far" }, FailedAndUnresolvableNodes: { b: "closed", c: "closed" } }),
    { filterVerb: "filter" },
  );
  expect(await place(extendersOf(config))).toBe("0/3 nodes are available: 1 too far, 2 closed.");
});

test("scores of extenders count, by their weight", async () => {
  const first = await extender(() => [{ Host: "a", Score: 10 }], { prioritizeVerb: "sort", weight: 1 });
  const second = await extender(() => [{ host: "c", score: 4 }], { prioritizeVerb: "sort", weight: 5 });
  expect(await place(extendersOf(first.config))).toBe("a");
  expect(await place(extendersOf(first.config, second.config))).toBe("c");
});

test("an extender of a resource is asked about Pods that want it only", async () => {
  const { config, asked } = await extender(() => ({ NodeNames: ["b"] }), {
    filterVerb: "filter",
    managedResources: [{ name: "example.com/foo", ignoredByScheduler: true }],
  });
  await place(extendersOf(config));
  expect(asked).toHaveLength(0);
});

test.each<[string, Answer, Partial<ExtenderConfiguration>, string]>([
  ["fails", () => undefined, {}, "failed filter with extender at URL"],
  ["says that it failed", () => ({ Error: "out of order" }), {}, "out of order"],
  ["names a node that nobody knows", () => ({ NodeNames: ["z"] }), {}, 'claims a filtered node "z"'],
  ["answers nonsense", () => ({ NodeNames: 1 }), {}, "cannot unmarshal number"],
])("an extender that %s ends the attempt, or is skipped when it may fail", async (_, answer, more, message) => {
  const { config } = await extender(answer, { filterVerb: "filter", ...more });
  await expect(place(extendersOf(config))).rejects.toThrow(message);
  expect(await place(extendersOf({ ...config, ignorable: true }))).toMatch(/^[abc]$/);
});

test("an extender binds, and chooses among victims", async () => {
  const node = nodes[0]?.clone() as NodeInfo;
  const victims = ["v1", "v2"].map((uid) => ({ ...plain, metadata: { name: uid, namespace: "default", uid } }));
  for (const victim of victims) node.addPod(victim);
  const answers: Record<string, unknown> = {
    bind: {},
    preempt: { NodeNameToMetaVictims: { a: { Pods: [{ UID: "v2" }], NumPDBViolations: 1 } } },
  };
  const { config, asked } = await extender((verb) => answers[verb], { bindVerb: "bind", preemptVerb: "preempt" });
  const extenders = extendersOf(config);
  expect(await extenders.bind(pod, "a")).toBe(true);
  expect(asked[0]?.args).toEqual({ PodName: "p", PodNamespace: "default", PodUID: "p", Node: "a" });
  expect(await extenders.preempt(pod, [{ node, victims, budgetViolations: 0 }])).toEqual([
    { node, victims: victims.slice(1), budgetViolations: 1 },
  ]);
  expect(asked[1]?.args).toMatchObject({
    NodeNameToMetaVictims: { a: { Pods: [{ UID: "v1" }, { UID: "v2" }], NumPDBViolations: 0 } },
  });
});
