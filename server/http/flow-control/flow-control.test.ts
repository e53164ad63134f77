import { expect, test } from "vitest";
import type { FlowSchema, PriorityLevelConfiguration } from "../../../openapi/api/flowcontrol.apiserver.k8s.io.v1.ts";
import { readFacts } from "../../../openapi/types.ts";
import type { ObjectHandler, ObjectWatch } from "../../auth/object-watch.ts";
import type { KubeObject } from "../../meta/object.ts";
import { TestClock } from "../../storage/test-clock.ts";
import { parseRequestInfo } from "../request-info.ts";
import { FlowControl } from "./flow-control.ts";

const SCHEMAS = "flowschemas";
const LEVELS = "prioritylevelconfigurations";

/** The objects of a cluster, and a flow control that follows them. */
function setUp() {
  const clock = new TestClock();
  const handlers = new Map<string, ObjectHandler<KubeObject>>();
  const watch: ObjectWatch = {
    watch(resource, handler) {
      handlers.set(resource.resource, handler as unknown as ObjectHandler<KubeObject>); // objects come from here
      return () => handlers.delete(resource.resource);
    },
  };
  const flowControl = new FlowControl({ serverSeats: 600, clock, stats: () => undefined });
  const stop = flowControl.follow(watch);
  const set = (resource: string, object: object) => handlers.get(resource)!.set(object as KubeObject);
  const remove = (resource: string, name: string) => handlers.get(resource)!.remove({ metadata: { name } });
  const classify = (user: string, groups: string[], method: string, path: string) =>
    flowControl.classify({ name: user, groups }, parseRequestInfo(method, path, new URLSearchParams()));
  return { clock, flowControl, stop, set, remove, classify };
}

const schema = (name: string, level: string, matchingPrecedence: number, generation = 1) => ({
  metadata: { name, uid: `uid of ${name}`, generation },
  spec: {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence,
    rules: [
      {
        subjects: [{ kind: "Group", group: { name: "*" } }],
        resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] }],
      },
    ],
  },
});

const level = (name: string, nominalConcurrencyShares: number, generation = 1) => ({
  metadata: { name, uid: `uid of ${name}`, generation },
  spec: { type: "Limited", limited: { nominalConcurrencyShares, limitResponse: { type: "Reject" } } },
});

const AUTHENTICATED = "system:authenticated";

test("upstream's schemas put the requests of components where they belong", () => {
  const { set, classify, flowControl } = setUp();
  const facts = readFacts("bootstrap") as Record<string, (FlowSchema | PriorityLevelConfiguration)[]>; // our own file
  for (const resource of [SCHEMAS, LEVELS]) {
    for (const object of facts[`/apis/flowcontrol.apiserver.k8s.io/v1/${resource}`]!) set(resource, object);
  }
  const named = (...args: Parameters<typeof classify>) => classify(...args).name;
  expect([
    named("admin", ["system:masters", AUTHENTICATED], "GET", "/api/v1/pods"),
    named("system:anonymous", ["system:unauthenticated"], "GET", "/readyz"),
    named("system:node:n", ["system:nodes", AUTHENTICATED], "PATCH", "/api/v1/nodes/n/status"),
    named("system:node:n", ["system:nodes", AUTHENTICATED], "GET", "/api/v1/pods"),
    named("system:kube-scheduler", [AUTHENTICATED], "GET", "/api/v1/pods"),
    named(
      "system:kube-scheduler",
      [AUTHENTICATED],
      "GET",
      "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x",
    ),
    named("system:serviceaccount:a:b", ["system:serviceaccounts", AUTHENTICATED], "GET", "/api/v1/pods"),
    named("jane", [AUTHENTICATED], "GET", "/api/v1/pods"),
    named("jane", [AUTHENTICATED], "POST", "/apis/x"),
    named("system:anonymous", ["system:unauthenticated"], "GET", "/version"),
    named("nobody", [], "GET", "/api/v1/pods"),
  ]).toEqual([
    "exempt",
    "probes",
    "system-node-high",
    "system-nodes",
    "kube-scheduler",
    "system-leader-election",
    "service-accounts",
    "global-default",
    "global-default",
    "global-default",
    "catch-all",
  ]);
  const seats = flowControl
    .levels()
    .map(({ queue, bounds }) => `${queue.name} ${bounds.nominal} ${bounds.min} ${bounds.max}`);
  expect(seats).toEqual([
    "catch-all 13 13 613",
    "exempt 0 0 600",
    "global-default 49 24 649",
    "leader-election 25 25 625",
    "node-high 98 73 698",
    "system 74 50 674",
    "workload-high 98 49 698",
    "workload-low 245 24 845",
  ]);
});

test("before there are objects, what must be is imagined", () => {
  const { classify, flowControl } = setUp();
  const admin = classify("admin", ["system:masters"], "GET", "/api/v1/pods");
  expect([admin.name, admin.flowSchemaUid, admin.priorityLevelUid]).toEqual(["exempt", "", ""]);
  expect(classify("jane", [AUTHENTICATED], "GET", "/api/v1/pods").name).toBe("catch-all");
  expect(flowControl.levels().map(({ bounds, isExempt }) => [bounds.nominal, isExempt])).toEqual([
    [600, false],
    [0, true],
  ]);
});

test("the first by precedence takes it, then by name; changes count at once", () => {
  const { set, remove, classify } = setUp();
  const jane = () => {
    const { name, flowSchemaUid, priorityLevelUid } = classify("jane", [AUTHENTICATED], "GET", "/api/v1/pods");
    return `${name}: ${flowSchemaUid}, ${priorityLevelUid}`;
  };
  set(LEVELS, level("one", 10));
  set(SCHEMAS, schema("c", "one", 500));
  set(SCHEMAS, schema("b", "one", 500));
  expect(jane()).toBe("b: uid of b, uid of one");
  set(SCHEMAS, schema("c", "one", 400, 2));
  expect(jane()).toBe("c: uid of c, uid of one");
  set(SCHEMAS, schema("c", "gone", 400, 3)); // dangling: as if it were not there
  expect(jane()).toBe("b: uid of b, uid of one");
  remove(SCHEMAS, "b");
  expect(jane()).toBe("catch-all: , ");
  set(LEVELS, level("gone", 10));
  expect(jane()).toBe("c: uid of c, uid of gone");
});

test("a level without its object takes nothing new, and goes with its last request", () => {
  const { set, remove, classify, flowControl } = setUp();
  const request = {
    user: { name: "jane", groups: [AUTHENTICATED] },
    requestInfo: parseRequestInfo("GET", "/api/v1/pods", new URLSearchParams()),
    query: new URLSearchParams(),
  };
  const names = () => flowControl.levels().map(({ queue }) => queue.name);
  set(LEVELS, level("one", 10));
  set(SCHEMAS, schema("a", "one", 500));
  const flow = flowControl.classify(request.user, request.requestInfo);
  const ticket = flow.start(request)!;
  remove(LEVELS, "one");
  expect(classify("jane", [AUTHENTICATED], "GET", "/api/v1/pods").name).toBe("catch-all");
  expect(names()).toEqual(["catch-all", "exempt", "one"]);
  flow.finish(ticket);
  expect(names()).toEqual(["catch-all", "exempt"]);
});

test("every ten seconds seats go to the level that wants them", () => {
  const { clock, set, flowControl, stop } = setUp();
  const lending = (name: string) => {
    const object = level(name, 50);
    return { ...object, spec: { ...object.spec, limited: { ...object.spec.limited, lendablePercent: 90 } } };
  };
  set(LEVELS, lending("busy"));
  set(LEVELS, lending("calm"));
  set(SCHEMAS, schema("a", "busy", 500));
  const user = { name: "jane", groups: [] };
  const requestInfo = parseRequestInfo("GET", "/api/v1/pods", new URLSearchParams());
  const flow = flowControl.classify(user, requestInfo);
  const seats = () =>
    Object.fromEntries(flowControl.levels().map(({ queue, currentSeats }) => [queue.name, currentSeats]));
  const { busy = 0 } = seats();
  let rejected = 0;
  for (let i = 0; i < 600; i++) if (!flow.start({ user, requestInfo, query: new URLSearchParams() })) rejected++;
  expect([busy, rejected]).toEqual([200, 400]);
  clock.advance(10_000);
  expect(seats().busy).toBeGreaterThan(400);
  expect(seats().calm).toBeLessThan(100);
  stop();
  expect(clock.pending).toBe(0);
});
