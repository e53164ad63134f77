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
  const backoffs = new Map();
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
      sim.run(reconcile("ns/j", { jobs, pods, backoffs }, { now: sim.now }));
      if (sim.writes.length === before) return;
    }
    throw new Error("does not settle");
  };
  const end = (phase: "Succeeded" | "Failed", count = 1, exitCode = phase === "Failed" ? 1 : 0) => {
    const running = all().filter(({ status }) => !status.phase);
    const terminated = { exitCode, finishedAt: sim.now.toISOString() };
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
  const wait = (seconds: number) => {
    sim.now = new Date(sim.now.getTime() + seconds * 1000);
    settle();
  };
  const live = () => all().filter(({ status }) => !status.phase);
  return { sim, job, all, live, settle, end, conditions, edit, wait, jobs, pods, backoffs };
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

test.each<{ title: string; spec: Partial<Job["spec"]> }>([
  { title: "a Job", spec: {} },
  { title: "an index with a limit of its own", spec: { completionMode: "Indexed", backoffLimitPerIndex: 2 } },
  {
    title: "a Job with a success policy",
    spec: { completionMode: "Indexed", successPolicy: { rules: [{ succeededIndexes: "2" }] } },
  },
])("$title counts the Pods that run as active while a failed one waits for its turn", ({ spec }) => {
  const { sim, job, live, settle, end, wait } = cluster({ backoffLimit: 6, ...spec });
  settle();
  end("Failed");
  const conditions = [{ type: "Ready", status: "True" as const }];
  for (const pod of live()) sim.put("v1/pods", { ...pod, status: { ...pod.status, conditions } });
  settle();
  expect(job().status).toMatchObject({ active: 1, ready: 1 });
  wait(10);
  expect(job().status).toMatchObject({ active: 2, ready: 1, failed: 1 });
});

const rule = (action: string, values: number[]) => ({ action, onExitCodes: { operator: "In", values } });

test("a failure that the policy names fails the Job at once", () => {
  const podFailurePolicy = { rules: [rule("Ignore", [1]), rule("FailJob", [42])] };
  const { sim, job, all, settle, end, conditions, wait } = cluster({ podFailurePolicy, backoffLimit: 0 });
  settle();
  end("Failed");
  settle();
  expect(job().status.failed).toBeUndefined();
  wait(10);
  end("Failed", 1, 42);
  settle();
  expect(conditions()).toEqual(["FailureTarget PodFailurePolicy", "Failed PodFailurePolicy"]);
  expect(sim.events.at(-1)).toMatch(
    /^Warning PodFailurePolicy Container c for pod ns\/\S+ failed with exit code 42 matching FailJob rule at index 1$/,
  );
  expect(all().every(({ status }) => status.phase)).toBe(true);
});

test("each index fails by itself when limits are per index", () => {
  const spec = { completionMode: "Indexed", parallelism: 2, completions: 2, backoffLimit: 100 };
  const { job, live, settle, end, conditions, wait } = cluster({ ...spec, backoffLimitPerIndex: 1 });
  settle();
  end("Failed");
  settle();
  expect(job().status).toMatchObject({ failedIndexes: "" });
  expect(live()).toHaveLength(1);
  wait(10);
  const count = "batch.kubernetes.io/job-index-failure-count";
  expect(live().map(({ metadata }) => metadata.annotations?.[count])).toEqual(["0", "1"]);
  end("Succeeded");
  end("Failed");
  settle();
  expect(job().status).toMatchObject({ completedIndexes: "1", failedIndexes: "0", succeeded: 1, failed: 2 });
  expect(conditions()).toEqual(["FailureTarget FailedIndexes", "Failed FailedIndexes"]);
});

test("an index that the policy gives up is not tried again, and too many of them end the Job", () => {
  const podFailurePolicy = { rules: [rule("FailIndex", [7])] };
  const spec = { completionMode: "Indexed", parallelism: 3, backoffLimit: 100, maxFailedIndexes: 1 };
  const { job, live, settle, end, conditions } = cluster({ ...spec, backoffLimitPerIndex: 5, podFailurePolicy });
  settle();
  end("Failed", 1, 7);
  settle();
  expect(job().status).toMatchObject({ failedIndexes: "0" });
  expect(live()).toHaveLength(2);
  end("Failed", 1, 7);
  settle();
  expect(conditions()).toEqual(["FailureTarget MaxFailedIndexesExceeded", "Failed MaxFailedIndexesExceeded"]);
});

test("a success policy ends a Job before all of its indexes are done", () => {
  const successPolicy = { rules: [{ succeededIndexes: "5" }, { succeededIndexes: "0-2", succeededCount: 1 }] };
  const { sim, job, all, settle, end, conditions } = cluster({
    completionMode: "Indexed",
    parallelism: 3,
    completions: 3,
    successPolicy,
  });
  settle();
  end("Succeeded");
  settle();
  expect(conditions()).toEqual(["SuccessCriteriaMet SuccessPolicy", "Complete SuccessPolicy"]);
  expect(job().status).toMatchObject({ succeeded: 1, completedIndexes: "0" });
  expect(job().status.conditions?.[0]?.message).toBe("Matched rules at index 1");
  expect(all()).toHaveLength(1);
  expect(sim.events.at(-1)).toBe("Normal Completed Job completed");
});

test.each([
  { podReplacementPolicy: "Failed", made: 2, terminating: 1, failed: undefined },
  { podReplacementPolicy: "TerminatingOrFailed", made: 3, terminating: 1, failed: 1 },
])("$podReplacementPolicy: a Pod being deleted is replaced in time", ({ podReplacementPolicy, made, ...status }) => {
  const { sim, job, all, settle, wait } = cluster({ podReplacementPolicy, backoffLimit: 6 });
  settle();
  const [pod] = all();
  const finalizers = [...(pod?.metadata.finalizers ?? []), "example.com/hold"];
  const metadata = { ...pod?.metadata, finalizers, deletionTimestamp: sim.now.toISOString() };
  sim.put("v1/pods", { ...pod, metadata });
  settle();
  wait(10);
  expect(all()).toHaveLength(made);
  expect(job().status).toMatchObject({ terminating: status.terminating });
  expect(job().status.failed).toBe(status.failed);
});

test("an elastic indexed Job made smaller loses the indexes beyond", () => {
  const { job, live, settle, end, edit } = cluster({ completionMode: "Indexed", parallelism: 3 });
  settle();
  edit({ parallelism: 2, completions: 2 });
  settle();
  expect(live().map(({ spec }) => spec.hostname)).toEqual(["j-0", "j-1"]);
  end("Succeeded", 2);
  settle();
  expect(job().status).toMatchObject({ completedIndexes: "0,1", succeeded: 2 });
});

test("restarts within a Pod count when it is restarted on failure", () => {
  const template = { metadata: { labels }, spec: { restartPolicy: "OnFailure", containers: [] } };
  const { sim, all, settle, conditions } = cluster({ template, backoffLimit: 2 });
  settle();
  const containerStatuses = [
    { name: "c", ready: true, restartCount: 2, image: "", imageID: "", state: {}, lastState: {} },
  ];
  sim.put("v1/pods", { ...all()[0]!, status: { phase: "Running", containerStatuses } });
  settle();
  expect(conditions()).toEqual(["FailureTarget BackoffLimitExceeded", "Failed BackoffLimitExceeded"]);
});

test("Pods of a Job that is gone or finished are let go", () => {
  const { sim, all, settle, jobs, pods, backoffs } = cluster({});
  settle();
  jobs.delete("ns/j");
  sim.run(reconcile("ns/", { jobs, pods, backoffs }, { now: sim.now }));
  expect(all().flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
});

test("a Job that another controller manages is left alone", () => {
  const { all, settle } = cluster({ managedBy: "example.com/queue" });
  settle();
  expect(all()).toEqual([]);
});

test.each(["", "1", "0,1", "0-2", "1,3-5,7,8"])("indexes %j are read and written alike", (text) => {
  expect(formatIndexes(parseIndexes(text))).toBe(text);
});
