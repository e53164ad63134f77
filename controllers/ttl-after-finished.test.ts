import { expect, test } from "vitest";
import { listerOf } from "../client/index.ts";
import type { Job } from "../openapi/api/batch.v1.ts";
import { reconcile } from "./ttl-after-finished.ts";

const end = "2026-01-01T00:00:00Z";

test.each([
  { type: "Complete", ttl: 10, seconds: 4, does: { do: "requeue", afterMs: 6000 } },
  { type: "Failed", ttl: 10, seconds: 10, does: { do: "delete", options: { propagationPolicy: "Foreground" } } },
  { type: "Complete", ttl: undefined, seconds: 10, does: undefined },
  { type: "SuccessCriteriaMet", ttl: 0, seconds: 10, does: undefined },
])("a Job that is $type since $seconds s with a TTL of $ttl", ({ type, ttl, seconds, does }) => {
  const job = {
    metadata: { name: "j", namespace: "ns" },
    spec: { ttlSecondsAfterFinished: ttl },
    status: { conditions: [{ type, status: "True", lastTransitionTime: end }] },
  } as Job;
  const actions = reconcile("ns/j", { jobs: listerOf([job]) }, new Date(Date.parse(end) + seconds * 1000));
  expect(actions).toMatchObject(does ? [does] : []);
});
