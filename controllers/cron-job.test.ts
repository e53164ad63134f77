import { expect, test } from "vitest";
import { ApiError } from "../client/index.ts";
import type { CronJob, Job } from "../openapi/api/batch.v1.ts";
import { reconcile } from "./cron-job.ts";
import { Simulation } from "./simulation.ts";

function cluster(spec: Partial<CronJob["spec"]>) {
  const sim = new Simulation();
  const cronJobs = sim.store("batch/v1/cronjobs");
  const jobs = sim.store("batch/v1/jobs");
  const metadata = { name: "c", namespace: "ns", creationTimestamp: sim.now.toISOString() };
  const jobTemplate = { metadata: {}, spec: { template: { metadata: {}, spec: {} } } };
  sim.put("batch/v1/cronjobs", {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata,
    spec: { schedule: "0 * * * *", concurrencyPolicy: "Allow", jobTemplate, ...spec },
    status: {},
  });
  /** Lets minutes pass in one step and reconciles until nothing changes. */
  const pass = (minutes: number) => {
    sim.now = new Date(sim.now.getTime() + minutes * 60_000);
    for (let before = -1; before !== sim.carriedOut; ) {
      before = sim.carriedOut;
      sim.run(reconcile("ns/c", { cronJobs, jobs }, sim.now));
    }
  };
  const names = () => (jobs.list() as readonly Job[]).map(({ metadata }) => metadata.name);
  const status = () => (cronJobs.get("ns/c") as CronJob).status;
  return { sim, pass, names, status };
}

/** Name of the Job of a time: minutes since 1970. */
const jobAt = (time: string) => `c-${Date.parse(time) / 60_000}`;

test("a Job is made when its time comes, and only the latest of times that were missed", () => {
  const { pass, names, status } = cluster({});
  pass(59);
  expect(names()).toEqual([]);
  pass(1);
  expect(names()).toEqual([jobAt("2026-01-01T01:00:00Z")]);
  pass(180);
  expect(names()).toEqual([jobAt("2026-01-01T01:00:00Z"), jobAt("2026-01-01T04:00:00Z")]);
  expect(status().lastScheduleTime).toBe("2026-01-01T04:00:00Z");
});

test.each([
  { concurrencyPolicy: "Allow", jobs: ["01", "02"], event: "Normal SuccessfulCreate" },
  { concurrencyPolicy: "Forbid", jobs: ["01"], event: "Normal JobAlreadyActive" },
  { concurrencyPolicy: "Replace", jobs: ["02"], event: "Normal SuccessfulCreate" },
])("$concurrencyPolicy: of two times that overlap run $jobs", ({ concurrencyPolicy, jobs, event }) => {
  const { sim, pass, names, status } = cluster({ concurrencyPolicy });
  pass(60);
  pass(60);
  expect(names()).toEqual(jobs.map((hour) => jobAt(`2026-01-01T${hour}:00:00Z`)));
  expect(status().active?.map(({ name }) => name)).toEqual(names());
  expect(sim.events.at(-1)).toContain(event);
});

test.each([
  { whose: "its own", owner: "ours", active: true },
  { whose: "somebody else's", owner: "theirs", active: false },
])("a Job of $whose that is there already is written down: $active", ({ owner, active }) => {
  const { sim, pass, names, status } = cluster({});
  const name = jobAt("2026-01-01T01:00:00Z");
  const cronJob = sim.store("batch/v1/cronjobs").get("ns/c");
  const uid = owner === "ours" ? cronJob?.metadata.uid : "other";
  const reference = { apiVersion: "batch/v1", kind: "CronJob", name: "c", uid: uid ?? "", controller: true };
  const job = { metadata: { name, namespace: "ns", ownerReferences: [reference] }, spec: {}, status: {} };
  // It comes between our look and our write.
  let isThere = false;
  sim.refuse = (action) => {
    if (action.do !== "create") return undefined;
    if (!isThere) sim.put("batch/v1/jobs", job);
    isThere = true;
    return new ApiError(409, { reason: "AlreadyExists", code: 409 });
  };
  pass(60);
  expect(names()).toEqual([name]);
  expect(status().active?.map((one) => one.name)).toEqual(active ? [name] : undefined);
  expect(status().lastScheduleTime).toBe(active ? "2026-01-01T01:00:00Z" : undefined);
});

test.each([
  ["0 * * * *", "Nowhere/Land", true, 'invalid timeZone: "Nowhere/Land": unknown time zone Nowhere/Land'],
  [
    "TZ=UTC 0 * * * *",
    undefined,
    false,
    'CRON_TZ or TZ used in schedule "TZ=UTC 0 * * * *" is not officially supported',
  ],
])("of schedule %j in time zone %j, suspended: %j, is told: %s", (schedule, timeZone, suspend, note) => {
  const { sim, pass } = cluster({ schedule, suspend, ...(timeZone && { timeZone }) });
  pass(1);
  expect(sim.events[0]).toContain(note);
});

test("a time past its deadline is told of, not made up for", () => {
  const { sim, pass, names } = cluster({ startingDeadlineSeconds: 30 });
  pass(61);
  expect(names()).toEqual([]);
  expect(sim.events.filter((event) => event.includes("SuccessfulCreate"))).toEqual([]);
});

test("@every counts from the CronJob's creation, then from the last time", () => {
  const { pass, names, status } = cluster({ schedule: "@every 90m" });
  pass(89);
  expect(names()).toEqual([]);
  pass(2);
  expect(names()).toEqual([jobAt("2026-01-01T01:30:00Z")]);
  pass(90 * 3);
  expect(status().lastScheduleTime).toBe("2026-01-01T06:00:00Z");
});

test("times are those of the time zone", () => {
  const { pass, names } = cluster({ schedule: "30 1 * * *", timeZone: "Asia/Kolkata" });
  pass(60 * 24);
  expect(names()).toEqual([jobAt("2026-01-01T20:00:00Z")]);
});

test.each([
  { change: { timeZone: "Mars/Olympus" }, reason: "UnknownTimeZone" },
  { change: { schedule: "61 * * * *" }, reason: "UnparseableSchedule" },
  { change: { schedule: "59 23 31 2 *" }, reason: "InvalidSchedule" },
])("$reason is told", ({ change, reason }) => {
  const { sim, pass, names } = cluster(change);
  pass(60);
  expect(names()).toEqual([]);
  expect(sim.events[0]).toContain(`Warning ${reason}`);
});

test("a suspended CronJob makes nothing", () => {
  const { pass, names } = cluster({ suspend: true });
  pass(120);
  expect(names()).toEqual([]);
});
