import { beforeEach, expect, test } from "vitest";
import type { Pod, ResourceQuota } from "../../../../openapi/api/core.v1.ts";
import type { KubeObject } from "../../../meta/object.ts";
import type { AdmissionAttributes } from "../../plugin.ts";
import { messageOf, TestObjects, testAttributes, testContext } from "../../test-context.ts";
import { evaluatorOf } from "./evaluators.ts";
import { resourceQuota } from "./resource-quota.ts";

const QUOTAS = { group: "", resource: "resourcequotas" };
let objects: TestObjects;
let validate: (more?: Partial<AdmissionAttributes>) => Promise<string>;

beforeEach(() => {
  objects = new TestObjects();
  const plugin = resourceQuota();
  const context = testContext(objects);
  validate = (more = {}) =>
    messageOf(() => plugin.validate?.(testAttributes({ object: pod(), ...more }).attributes, context));
});

function pod(requests: Record<string, string> = {}, more: Partial<Pod["spec"]> = {}): Pod {
  return {
    metadata: { name: "p" },
    spec: { containers: [{ name: "c", resources: { requests } }], ...more },
    status: {},
  };
}

function quota(name: string, hard: Record<string, string>, more: object = {}): void {
  const used = Object.fromEntries(Object.keys(hard).map((key) => [key, "0"]));
  objects.set("resourcequotas", {
    metadata: { namespace: "ns", name },
    spec: { hard, ...more },
    status: { hard, used },
  } as KubeObject);
}

const used = (name: string) => objects.get<ResourceQuota>(QUOTAS, "ns", name)?.status?.used;

test("usage is noted before the object is made", async () => {
  quota("q", { pods: "2", "requests.cpu": "1" });
  expect(await validate({ object: pod({ cpu: "400m" }) })).toBe("");
  expect(used("q")).toEqual({ pods: "1", "requests.cpu": "400m" });
});

test("of many at once exactly as many get through as the quota allows", async () => {
  quota("q", { pods: "7" });
  const answers = await Promise.all(Array.from({ length: 50 }, () => validate()));
  expect(answers.filter((answer) => answer === "")).toHaveLength(7);
  expect(new Set(answers)).toEqual(
    new Set(["", 'pods "p" is forbidden: exceeded quota: q, requested: pods=1, used: pods=7, limited: pods=7']),
  );
  expect(used("q")).toEqual({ pods: "7" });
  // They shared a write.
  expect(objects.writes).toBeLessThan(7);
});

test("one quota that refuses keeps the others as they were", async () => {
  quota("a", { pods: "5" });
  quota("b", { pods: "0" });
  expect(await validate()).toMatch(/exceeded quota: b/);
  expect(used("a")).toEqual({ pods: "0" });
});

test("a write that somebody else was quicker than is done again, and only that one", async () => {
  quota("a", { pods: "5" });
  quota("b", { pods: "5" });
  let meddle = true;
  objects.beforeWrite = () => {
    // The second write is that of b.
    if (objects.writes === 1 && meddle) {
      meddle = false;
      quota("b", { pods: "3" });
    }
  };
  expect(await validate()).toBe("");
  expect([used("a"), used("b")]).toEqual([{ pods: "1" }, { pods: "1" }]);
});

test("a dry run is refused like any other and counts for nothing", async () => {
  quota("q", { pods: "1" });
  expect(await validate({ dryRun: true })).toBe("");
  expect(used("q")).toEqual({ pods: "0" });
  expect(await validate()).toBe("");
  expect(await validate({ dryRun: true })).toMatch(/exceeded quota/);
});

test.each<{ what: string; hard: Record<string, string>; scopes?: object; object: Pod; counted: boolean }>([
  { what: "BestEffort", hard: { pods: "5" }, scopes: { scopes: ["BestEffort"] }, object: pod(), counted: true },
  {
    what: "BestEffort",
    hard: { pods: "5" },
    scopes: { scopes: ["BestEffort"] },
    object: pod({ cpu: "1" }),
    counted: false,
  },
  {
    what: "NotBestEffort",
    hard: { pods: "5" },
    scopes: { scopes: ["NotBestEffort"] },
    object: pod({ cpu: "1" }),
    counted: true,
  },
  {
    what: "Terminating",
    hard: { pods: "5" },
    scopes: { scopes: ["Terminating"] },
    object: pod({}, { activeDeadlineSeconds: 1 }),
    counted: true,
  },
  {
    what: "PriorityClass In",
    hard: { pods: "5" },
    scopes: { scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }] } },
    object: pod({}, { priorityClassName: "high" }),
    counted: true,
  },
  {
    what: "PriorityClass NotIn, without a class",
    hard: { pods: "5" },
    scopes: {
      scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "NotIn", values: ["high"] }] },
    },
    object: pod(),
    counted: true,
  },
  { what: "count/pods", hard: { "count/pods": "5" }, object: pod(), counted: true },
  { what: "count/services", hard: { "count/services": "5" }, object: pod(), counted: false },
  {
    what: "requests.example.com/gpu",
    hard: { "requests.example.com/gpu": "5" },
    object: pod({ "example.com/gpu": "1" }),
    counted: true,
  },
])("a quota of $what counts a Pod: $counted", async ({ hard, scopes, object, counted }) => {
  quota("q", hard, scopes);
  expect(await validate({ object })).toBe("");
  expect(Object.values(used("q") ?? {})).toEqual([counted ? "1" : "0"]);
});

test("compute quotas want every container to say what it needs", async () => {
  quota("q", { "requests.cpu": "1", "limits.memory": "1Gi" });
  const text = 'pods "p" is forbidden: failed quota: q: must specify limits.memory for: c; requests.cpu for: c';
  expect(await validate()).toBe(text);
});

test("a quota that nobody has counted for yet refuses", async () => {
  quota("q", { pods: "1" });
  objects.set("resourcequotas", {
    metadata: { namespace: "ns", name: "q" },
    spec: {},
    status: { hard: { pods: "1" } },
  } as KubeObject);
  expect(await validate()).toBe('pods "p" is forbidden: status unknown for quota: q, resources: pods');
});

test("an update counts what it adds", async () => {
  quota("q", { "services.nodeports": "3" });
  const service = (ports: number) =>
    ({
      metadata: { name: "s", resourceVersion: "1" },
      spec: { type: "NodePort", ports: Array.from({ length: ports }, (_, port) => ({ port })) },
    }) as KubeObject;
  const request = { resource: "services", name: "s", operation: "UPDATE" as const };
  expect(await validate({ ...request, oldObject: service(1), object: service(3) })).toBe("");
  expect(used("q")).toEqual({ "services.nodeports": "2" });
  expect(await validate({ ...request, oldObject: service(3), object: service(1) })).toBe("");
  expect(used("q")).toEqual({ "services.nodeports": "2" });
});

test.each([
  ["", "events", false],
  ["authorization.k8s.io", "subjectaccessreviews", false],
  ["example.com", "widgets", true],
])("objects of %s/%s are counted: %s", (group, resource, counted) => {
  expect(evaluatorOf(group, resource) !== undefined).toBe(counted);
});
