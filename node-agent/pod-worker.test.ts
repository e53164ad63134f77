import { expect, test } from "vitest";
import type { Pod } from "../openapi/api/core.v1.ts";
import { runPod } from "./pod-worker/simulated-pod.ts";
import type { PodWorker } from "./pod-worker.ts";

const condition = (status: ReturnType<PodWorker["status"]>, type: string) =>
  status.conditions?.find((one) => one.type === type)?.status;

test("a Pod becomes Running and Ready with an address", async () => {
  const { step, events } = runPod({ containers: [{ name: "c", image: "nginx" }] as Pod["spec"]["containers"] });
  const status = await step(0);
  expect(status.phase).toBe("Running");
  expect(status.podIP).toBe("10.244.0.2");
  expect(condition(status, "Ready")).toBe("True");
  expect(status.containerStatuses?.[0]).toMatchObject({ name: "c", ready: true, started: true, restartCount: 0 });
  expect(events).toEqual(["Pulling", "Pulled", "Created", "Started"]);
});

test("init containers run in order before the others", async () => {
  const { step } = runPod({
    initContainers: [
      { name: "one", image: "busybox", command: ["sleep", "5"] },
      { name: "two", image: "busybox", command: ["true"] },
    ] as Pod["spec"]["containers"],
    containers: [{ name: "c", image: "nginx" }] as Pod["spec"]["containers"],
  });
  const early = await step(0);
  expect(early.phase).toBe("Pending");
  expect(early.conditions?.find(({ type }) => type === "Initialized")?.message).toBe(
    "containers with incomplete status: [one two]",
  );
  const late = await step(5);
  expect(late.phase).toBe("Running");
  expect(late.initContainerStatuses?.map(({ state }) => state?.terminated?.exitCode)).toEqual([0, 0]);
});

test("a container that fails is restarted at once, then after growing pauses", async () => {
  const { step } = runPod({
    containers: [{ name: "c", image: "busybox", command: ["false"] }] as Pod["spec"]["containers"],
  });
  const first = await step(0);
  expect(first.containerStatuses?.[0]?.restartCount).toBe(1);
  expect(first.containerStatuses?.[0]?.state?.waiting?.reason).toBe("CrashLoopBackOff");
  expect(first.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(1);
  expect((await step(10)).containerStatuses?.[0]?.restartCount).toBe(2);
  expect((await step(10)).containerStatuses?.[0]?.restartCount).toBe(2);
  expect((await step(10)).containerStatuses?.[0]?.restartCount).toBe(3);
});

test.each([
  ["OnFailure", "true", "Succeeded"],
  ["Never", "false", "Failed"],
])("with restartPolicy %s, a command that is %s ends the Pod as %s", async (restartPolicy, command, phase) => {
  const { step } = runPod({
    restartPolicy,
    containers: [{ name: "c", image: "busybox", command: [command] }] as Pod["spec"]["containers"],
  });
  expect((await step(0)).phase).toBe(phase);
});

test("an image that does not exist keeps the Pod waiting", async () => {
  const { step } = runPod({ containers: [{ name: "c", image: "foo:non-existent" }] as Pod["spec"]["containers"] });
  const status = await step(0);
  expect(status.phase).toBe("Pending");
  expect(status.containerStatuses?.[0]?.state?.waiting?.reason).toBe("ErrImagePull");
  expect((await step(2)).containerStatuses?.[0]?.state?.waiting?.reason).toBe("ImagePullBackOff");
});

test.each([
  { what: "a server that ends on SIGTERM", image: "nginx", command: undefined, after: 0, code: 0 },
  { what: "a first process without a handler", command: ["sleep", "1d"], after: 30, code: 137 },
  { what: "a script without a trap", command: ["sh", "-c", "while true; do sleep 1; done"], after: 30, code: 137 },
  { what: "a script that ignores it", command: ["sh", "-c", "trap '' TERM; sleep 1d"], after: 30, code: 137 },
  {
    what: "a script whose trap does not exit",
    command: ["sh", "-c", "trap 'echo no' TERM; while true; do sleep 1; done"],
    after: 30,
    code: 137,
  },
  {
    what: "a script that exits once its command is over",
    command: ["sh", "-c", "trap 'exit 7' TERM; while true; do sleep 5; done"],
    after: 5,
    code: 7,
  },
  {
    what: "a script whose command is never over",
    command: ["sh", "-c", "trap 'exit 7' TERM; sleep 1d"],
    after: 30,
    code: 137,
  },
  {
    what: "a script that waits for a job",
    command: ["sh", "-c", "trap 'exit 3' TERM; sleep 1d & wait"],
    after: 0,
    code: 3,
  },
])("deletion waits for $what: $code after $after s", async ({ image = "busybox", command, after, code }) => {
  const { worker, step, pod } = runPod({
    containers: [{ name: "c", image, ...(command && { command }) }] as Pod["spec"]["containers"],
  });
  await step(0);
  worker.update({
    ...pod,
    metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: 30 },
  });
  for (let second = 0; second < after; second++) {
    await step(0);
    expect(worker.isFinished).toBe(false);
    await step(1);
  }
  const status = await step(0);
  expect(worker.isFinished).toBe(true);
  expect(status.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(code);
});

test("a Pod past its deadline fails", async () => {
  const { step } = runPod({
    activeDeadlineSeconds: 5,
    containers: [{ name: "c", image: "nginx" }] as Pod["spec"]["containers"],
  });
  await step(0);
  const status = await step(6);
  expect(status).toMatchObject({ phase: "Failed", reason: "DeadlineExceeded" });
});

test("what still serves of a Pod that is being deleted is ready, until it ends", async () => {
  const { worker, step, pod } = runPod({
    containers: [
      { name: "c", image: "busybox", command: ["sleep", "1d"], lifecycle: { preStop: { sleep: { seconds: 20 } } } },
    ] as Pod["spec"]["containers"],
  });
  await step(0);
  const metadata = { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:20Z", deletionGracePeriodSeconds: 20 };
  worker.update({ ...pod, metadata });
  const ready = { type: "Ready", status: "True" };
  expect((await step(10)).conditions).toContainEqual(expect.objectContaining(ready));
  await step(10);
  expect((await step(0)).conditions).toContainEqual(expect.objectContaining({ ...ready, status: "False" }));
});

test("a change of a Pod that is being deleted does not cut its hooks short, a shorter grace does", async () => {
  const { worker, step, pod } = runPod({
    containers: [
      {
        name: "c",
        image: "busybox",
        command: ["sleep", "1d"],
        lifecycle: { preStop: { sleep: { seconds: 20 } } },
      },
    ] as Pod["spec"]["containers"],
  });
  await step(0);
  const metadata = { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: 30 };
  worker.update({ ...pod, metadata });
  await step(5);
  worker.update({ ...pod, metadata: { ...metadata, labels: { changed: "yes" } } });
  await step(5);
  expect(worker.isFinished).toBe(false);
  worker.update({ ...pod, metadata: { ...metadata, deletionGracePeriodSeconds: 1 } });
  await step(0);
  await step(11);
  expect(worker.isFinished).toBe(true);
});

test.each([
  ["exits as told", ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 1; done"], "Succeeded"],
  ["does not", ["sleep", "1d"], "Failed"],
])("a Pod that is deleted and %s ends as such, and keeps its address", async (_how, command, phase) => {
  const { worker, step, pod } = runPod({
    containers: [{ name: "c", image: "busybox", command }] as Pod["spec"]["containers"],
  });
  await step(0);
  worker.update({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
  await step(1);
  const status = await step(30);
  expect(worker.isFinished).toBe(true);
  expect(status.phase).toBe(phase);
  expect(status.podIP).toBe("10.244.0.2");
});

test("a container's own rules decide before its Pod's policy", async () => {
  const rules = [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }];
  const container = { name: "c", image: "busybox", restartPolicy: "Never", restartPolicyRules: rules };
  const codes = async (code: string) => {
    const { step } = runPod({
      restartPolicy: "Always",
      containers: [{ ...container, command: ["sh", "-c", `exit ${code}`] }] as Pod["spec"]["containers"],
    });
    const { phase, containerStatuses } = await step(0);
    return [phase, containerStatuses?.[0]?.restartCount];
  };
  expect(await codes("42")).toEqual(["Running", 1]);
  expect(await codes("1")).toEqual(["Failed", 0]);
});

test("a Pod whose time is over says so, and fails", async () => {
  const { step, events } = runPod({
    activeDeadlineSeconds: 5,
    containers: [{ name: "c", image: "nginx" }] as Pod["spec"]["containers"],
  });
  await step(4);
  expect((await step(2)).reason).toBe("DeadlineExceeded");
  expect(events).toContain("DeadlineExceeded");
});

test("a Pod that a critical one displaces says so", async () => {
  const { worker, step, events } = runPod({
    containers: [{ name: "c", image: "nginx" }] as Pod["spec"]["containers"],
  });
  await step(0);
  worker.preempt();
  const status = await step(0);
  expect(worker.isFinished).toBe(true);
  expect(events).toContain("Preempting");
  expect(status).toMatchObject({
    phase: "Failed",
    reason: "Preempting",
    message: "Preempted in order to admit critical pod",
  });
  expect(status.conditions).toContainEqual(
    expect.objectContaining({
      type: "DisruptionTarget",
      status: "True",
      reason: "TerminationByKubelet",
      message: "Pod was preempted by Kubelet to accommodate a critical pod.",
    }),
  );
});

test("a container whose postStart hook fails is stopped, and what failed is said until it pauses", async () => {
  const container = {
    name: "c",
    image: "nginx",
    lifecycle: { postStart: { exec: { command: ["sh", "-c", "echo no; exit 3"] } } },
  };
  const { step, events } = runPod({ containers: [container] as Pod["spec"]["containers"] });
  const status = await step(0);
  expect(events.filter((event) => event === "FailedPostStartHook").length).toBeGreaterThan(0);
  expect(status.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(0);
  expect(status.containerStatuses?.[0]?.state?.waiting?.reason).toMatch(/^(PostStartHookError|CrashLoopBackOff)$/);

  const once = runPod({ restartPolicy: "Never", containers: [container] as Pod["spec"]["containers"] });
  expect((await once.step(0)).containerStatuses?.[0]?.state?.terminated?.reason).toBe("Completed");
});
