import { expect, test } from "vitest";
import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { isCritical, podsToPreempt } from "./critical-pods.ts";
import { lackingResources } from "./predicates.ts";

const pod = (name: string, qosClass: string, requests: Record<string, string>, over: object = {}) =>
  ({
    metadata: { name, uid: name },
    spec: { containers: [{ name: "c", resources: { requests } }], priority: 0, ...over },
    status: { qosClass },
  }) as unknown as Pod;
const node = (allocatable: Record<string, string>) => ({ metadata: { name: "n" }, status: { allocatable } }) as Node;
const critical = (requests: Record<string, string>, priority = 2_000_001_000) =>
  pod("critical", "Burstable", requests, { priority });

const small = pod("small", "Burstable", { cpu: "100m", memory: "100Mi" });
const middle = pod("middle", "Burstable", { cpu: "500m", memory: "200Mi" });
const large = pod("large", "Burstable", { cpu: "1", memory: "1Gi" });
const dear = pod("dear", "Guaranteed", { cpu: "1", memory: "1Gi" });
const none = pod("none", "BestEffort", {});
const other = pod("other", "Burstable", { cpu: "1" }, { priority: 2_000_000_000 });

test.each([
  { others: [small, middle, large], has: "1600m", wants: "100m", goes: ["small"] },
  { others: [small, middle, large], has: "1600m", wants: "500m", goes: ["middle"] },
  { others: [small, middle, large], has: "1600m", wants: "1", goes: ["large"] },
  { others: [small, middle, large], has: "1600m", wants: "1100m", goes: ["large", "small"] },
  { others: [large, dear], has: "2", wants: "1", goes: ["large"] },
  { others: [small, dear], has: "1100m", wants: "1100m", goes: ["small", "dear"] },
  { others: [other, small], has: "1100m", wants: "100m", goes: ["other"] },
])("for $wants of $has cpu beside $others.length Pods $goes go", ({ others, has, wants, goes }) => {
  const wanted = critical({ cpu: wants });
  const lacking = lackingResources(wanted, others, node({ cpu: has, memory: "8Gi", pods: "10" }));
  const victims = podsToPreempt(wanted, others, lacking);
  expect(typeof victims === "string" ? victims : victims.map(({ metadata }) => metadata.name)).toEqual(goes);
});

test("where only the number of Pods is too large, one that has nothing goes", () => {
  const wanted = critical({});
  const lacking = lackingResources(wanted, [small, none], node({ cpu: "4", pods: "2" }));
  expect(podsToPreempt(wanted, [small, none], lacking)).toEqual([none]);
});

test.each([
  { priority: 2_000_001_000, goes: ["other"] },
  { priority: 2_000_000_000, goes: "[(res: cpu, q: 500), ]" },
])("a critical Pod goes for one of a higher priority than its own only: $priority", ({ priority, goes }) => {
  const wanted = critical({ cpu: "500m" }, priority);
  const lacking = lackingResources(wanted, [other], node({ cpu: "1", pods: "9" }));
  const victims = podsToPreempt(wanted, [other], lacking);
  if (typeof victims !== "string") return expect(victims.map(({ metadata }) => metadata.name)).toEqual(goes);
  expect(victims).toBe(
    `preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: ${goes}`,
  );
});

test.each([
  { what: "of system priority", of: pod("p", "Burstable", {}, { priority: 2_000_000_000 }), is: true },
  { what: "of a user's highest", of: pod("p", "Burstable", {}, { priority: 1_000_000_000 }), is: false },
  {
    what: "of a file",
    of: { ...none, metadata: { annotations: { "kubernetes.io/config.source": "file" } } } as Pod,
    is: true,
  },
])("a Pod $what is critical: $is", ({ of, is }) => {
  expect(isCritical(of)).toBe(is);
});
