import { expect, test } from "vitest";
import type { Job } from "../../openapi/api/batch.v1.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { Simulation } from "../simulation.ts";
import { formatIndexes, parseIndexes } from "./indexes.ts";
import { reconcile } from "./job.ts";

const labels = { job: "j" };

function cluster(spec: Partial<Job["spec"]>) {
  const sim = new Simulation();
  const jobs = sim.store("batch/v1/jobs");
  const pods = sim.store("v1/pods");
  sim.put("batch/v1/jobs", {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "j", namespace: "ns" },
    spec: {
      parallelism: 2,
      completions: 3,
      backoffLimit: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", resources: {} }] } },
      ...spec,
    },
    status: {},
  });
  const job = () => jobs.get("ns/j") as Job;
  const all = () => pods.list() as readonly Pod[];
  const settle = () => {
    for (let i = 0; i < 30; i++) {
      const before = sim.writes.length;
      sim.run(reconcile("ns/j", { jobs, pods }, { now: sim.now }));
      if (sim.writes.length === before) return;
    }
    throw new Error("does not settle");
  };
  const end = (phase: "Succeeded" | "Failed", count = 1) => {
    const running = all().filter(({ status }) => !status.phase);
    const terminated = { exitCode: phase === "Failed" ? 1 : 0, finishedAt: sim.now.toISOString() };
    for (const pod of running.slice(0, count)) {
      const containerStatuses = [
        { name: "c", ready: false, restartCount: 0, image: "", imageID: "", state: { terminated }, lastState: {} },
      ];
      sim.put("v1/pods", { ...pod, status: { phase, containerStatuses } });
    }
  };
  const conditions = () => job().status.conditions?.map(({ type, reason }) => `${type} ${reason}`);
  const edit = (change: Partial<Job["spec"]>) =>
    sim.put("batch/v1/jobs", { ...job(), spec: { ...job().spec, ...change } });
  return { sim, job, all, settle, end, conditions, edit };
}

test("a Job keeps to its parallelism, counts each Pod once and completes", () => {
  const { sim, job, all, settle, end, conditions } = cluster({});
  settle();
  expect(all()).toHaveLength(2);
  expect(job().status).toMatchObject({ active: 2, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
  end("Succeeded");
  settle();
  expect(job().status).toMatchObject({ active: 2, succeeded: 1, uncountedTerminatedPods: {} });
  end("Succeeded", 2);
  settle();
  expect(job().status).toMatchObject({ succeeded: 3, ready: 0 });
  expect(job().status.active).toBeUndefined();
  expect(conditions()).toEqual(["SuccessCriteriaMet CompletionsReached", "Complete CompletionsReached"]);
  expect(all().flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
  expect(sim.events.at(-1)).toBe("Normal Completed Job completed");
  expect(all()).toHaveLength(3);
});

test("failures are tried again after a growing pause, up to the limit", () => {
  const { sim, job, all, settle, end, conditions } = cluster({ parallelism: 1, completions: 1 });
  settle();
  end("Failed");
  settle();
  expect(all()).toHaveLength(1);
  sim.now = new Date(sim.now.getTime() + 10_000);
  settle();
  expect(all()).toHaveLength(2);
  end("Failed");
  settle();
  expect(job().status).toMatchObject({ failed: 2 });
  expect(conditions()).toEqual(["FailureTarget BackoffLimitExceeded", "Failed BackoffLimitExceeded"]);
  expect(sim.events.at(-1)).toBe("Warning BackoffLimitExceeded Job has reached the specified backoff limit");
});

test("an indexed Job runs each index until it has succeeded", () => {
  const { job, all, settle, end } = cluster({ completionMode: "Indexed", parallelism: 3 });
  settle();
  expect(
    all().map(({ metadata, spec }) => [metadata.labels?.["batch.kubernetes.io/job-completion-index"], spec.hostname]),
  ).toEqual([
    ["0", "j-0"],
    ["1", "j-1"],
    ["2", "j-2"],
  ]);
  end("Succeeded", 3);
  settle();
  expect(job().status).toMatchObject({ completedIndexes: "0-2", succeeded: 3 });
  expect(job().status.completionTime).toBeDefined();
});

test("a suspended Job has no Pods, and starts its clock when it goes on", () => {
  const { sim, job, all, settle, conditions, edit } = cluster({ suspend: true });
  settle();
  expect(all()).toEqual([]);
  expect(job().status.startTime).toBeUndefined();
  expect(conditions()).toEqual(["Suspended JobSuspended"]);
  edit({ suspend: false });
  settle();
  expect(all()).toHaveLength(2);
  expect(conditions()).toEqual(["Suspended JobResumed"]);
  expect(sim.events).toContain("Normal Resumed Job resumed");
});

test("a Job past its deadline loses its Pods and fails", () => {
  const { sim, all, settle, conditions } = cluster({ activeDeadlineSeconds: 5 });
  settle();
  sim.now = new Date(sim.now.getTime() + 5_000);
  settle();
  expect(all()).toEqual([]);
  expect(conditions()).toEqual(["FailureTarget DeadlineExceeded", "Failed DeadlineExceeded"]);
});

test.each(["", "1", "0,1", "0-2", "1,3-5,7,8"])("indexes %j are read and written alike", (text) => {
  expect(formatIndexes(parseIndexes(text))).toBe(text);
});
