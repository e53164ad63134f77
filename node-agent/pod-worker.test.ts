import { expect, test } from "vitest";
import { ManualClock, silentLogger } from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import { addressPool } from "./address-pool.ts";
import { Backoff } from "./backoff.ts";
import { PodWorker } from "./pod-worker.ts";
import { ProbeMeter } from "./probes/probe-meter.ts";
import { ImageCatalog } from "./runtime/simulated/image-catalog.ts";
import { knownImages } from "./runtime/simulated/known-images.ts";
import { Network } from "./runtime/simulated/network/network.ts";
import { simulatedRuntime } from "./runtime/simulated/runtime.ts";

const turns = async () => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
};

/** A worker on a clock that stands still; `step` moves it and lets everything that follows happen. */
function run(spec: Partial<Pod["spec"]>, lacks: () => string | undefined = () => undefined) {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const events: string[] = [];
  const messages: string[] = [];
  const addresses = addressPool(async () => ["10.244.0.0/24"]);
  const pod = {
    metadata: { name: "web", namespace: "default", uid: "u1", generation: 1 },
    spec: { restartPolicy: "Always", ...spec },
  } as Pod;
  const worker = new PodWorker(pod, {
    nodeName: "node-a",
    hostIPs: ["127.1.0.1"],
    runtime: simulatedRuntime({
      clock,
      random: () => 0.5,
      address: "127.1.0.1",
      nodeName: "node-a",
      addresses,
      amounts: { cpus: 8, memory: 2 ** 35 },
      images: new ImageCatalog(knownImages),
      network: new Network(),
      disks: new Map(),
    }),
    clock,
    meter: new ProbeMeter(),
    logger: silentLogger,
    recorder: {
      event(_about, _type, reason, message) {
        events.push(reason);
        messages.push(message);
      },
      flush: async () => {},
    },
    backoff: new Backoff(),
    environment: async () => ({}),
    volumes: async () => (spec.volumes ?? []).map(({ name }) => ({ type: "emptyDir", name, medium: "" })),
    dns: () => ({ servers: [], searches: [], options: [] }),
    hosts: () => "",
    lacksFor: lacks,
    statusChanged: () => {},
    finished: () => {},
  });
  void worker.start();
  const step = async (seconds: number) => {
    await turns();
    clock.advance(seconds * 1000);
    await turns();
    return worker.status();
  };
  return { worker, step, events, messages, pod };
}

const condition = (status: ReturnType<PodWorker["status"]>, type: string) =>
  status.conditions?.find((one) => one.type === type)?.status;

test("a Pod becomes Running and Ready with an address", async () => {
  const { step, events } = run({ containers: [{ name: "c", image: "nginx" }] as Pod["spec"]["containers"] });
  const status = await step(0);
  expect(status.phase).toBe("Running");
  expect(status.podIP).toBe("10.244.0.2");
  expect(condition(status, "Ready")).toBe("True");
  expect(status.containerStatuses?.[0]).toMatchObject({ name: "c", ready: true, started: true, restartCount: 0 });
  expect(events).toEqual(["Pulling", "Pulled", "Created", "Started"]);
});

test("init containers run in order before the others", async () => {
  const { step } = run({
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
  const { step } = run({
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
  const { step } = run({
    restartPolicy,
    containers: [{ name: "c", image: "busybox", command: [command] }] as Pod["spec"]["containers"],
  });
  expect((await step(0)).phase).toBe(phase);
});

test("an image that does not exist keeps the Pod waiting", async () => {
  const { step } = run({ containers: [{ name: "c", image: "foo:non-existent" }] as Pod["spec"]["containers"] });
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
  const { worker, step, pod } = run({
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
  const { step } = run({
    activeDeadlineSeconds: 5,
    containers: [{ name: "c", image: "nginx" }] as Pod["spec"]["containers"],
  });
  await step(0);
  const status = await step(6);
  expect(status).toMatchObject({ phase: "Failed", reason: "DeadlineExceeded" });
});

test("a change of a Pod that is being deleted does not cut its hooks short, a shorter grace does", async () => {
  const { worker, step, pod } = run({
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
  const { worker, step, pod } = run({
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
    const { step } = run({
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
  const { step, events } = run({
    activeDeadlineSeconds: 5,
    containers: [{ name: "c", image: "nginx" }] as Pod["spec"]["containers"],
  });
  await step(4);
  expect((await step(2)).reason).toBe("DeadlineExceeded");
  expect(events).toContain("DeadlineExceeded");
});

test("a Pod that a critical one displaces says so", async () => {
  const { worker, step, events } = run({
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
  const { step, events } = run({ containers: [container] as Pod["spec"]["containers"] });
  const status = await step(0);
  expect(events.filter((event) => event === "FailedPostStartHook").length).toBeGreaterThan(0);
  expect(status.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(0);
  expect(status.containerStatuses?.[0]?.state?.waiting?.reason).toMatch(/^(PostStartHookError|CrashLoopBackOff)$/);

  const once = run({ restartPolicy: "Never", containers: [container] as Pod["spec"]["containers"] });
  expect((await once.step(0)).containerStatuses?.[0]?.state?.terminated?.reason).toBe("Completed");
});

test("amounts that the node has no room for wait until it has", async () => {
  let message: string | undefined = "Node didn't have enough resource: cpu, requested: 9000, used: 0, capacity: 8000";
  const container = (cpu: string) =>
    [{ name: "c", image: "nginx", resources: { requests: { cpu } } }] as unknown as Pod["spec"]["containers"];
  const { worker, step, events, messages, pod } = run({ containers: container("1") }, () => message);
  await step(0);
  const wish = {
    ...pod,
    metadata: { ...pod.metadata, generation: 2 },
    spec: { ...pod.spec, containers: container("9") },
  };
  worker.update(wish);
  worker.update({ ...wish, metadata: { ...wish.metadata, labels: { other: "change" } } });
  const resizing = ({ conditions }: ReturnType<typeof worker.status>) =>
    conditions?.filter(({ type }) => type.startsWith("PodResize"));
  const waiting = await step(0);
  expect(resizing(waiting)).toMatchObject([
    { type: "PodResizePending", status: "True", reason: "Deferred", message, observedGeneration: 2 },
  ]);
  expect(waiting.containerStatuses?.[0]?.resources).toEqual({ requests: { cpu: "1" } });
  expect(worker.allocated.spec.containers?.[0]?.resources).toEqual({ requests: { cpu: "1" } });
  expect(events.filter((event) => event.startsWith("Resize"))).toEqual(["ResizeDeferred"]);
  expect(messages).toContain(
    `Pod resize Deferred: {"containers":[{"name":"c","resources":{"requests":{"cpu":"9"}}}],"generation":2,"error":"${message}"}`,
  );
  message = undefined;
  worker.retryResize();
  const done = await step(0);
  expect(resizing(done)).toEqual([]);
  expect(done.containerStatuses?.[0]?.resources).toEqual({ requests: { cpu: "9" } });
  expect(events.filter((event) => event.startsWith("Resize"))).toEqual([
    "ResizeDeferred",
    "ResizeStarted",
    "ResizeCompleted",
  ]);
});

test("init containers and sidecars get other amounts while they run, and those that wait begin with them", async () => {
  const init = (cpu: string) =>
    [
      { name: "side", image: "nginx", restartPolicy: "Always", resources: { requests: { cpu } } },
      { name: "first", image: "busybox", command: ["sleep", "60"], resources: { requests: { cpu } } },
      { name: "next", image: "busybox", command: ["sleep", "60"], resources: { requests: { cpu } } },
    ] as unknown as Pod["spec"]["containers"];
  const containers = [{ name: "c", image: "nginx" }] as Pod["spec"]["containers"];
  const { worker, step, events, pod } = run({ initContainers: init("1"), containers });
  await step(0);
  worker.update({
    ...pod,
    metadata: { ...pod.metadata, generation: 2 },
    spec: { ...pod.spec, initContainers: init("2") },
  });
  const amounts = ({ initContainerStatuses }: ReturnType<typeof worker.status>) =>
    initContainerStatuses?.map(({ resources }) => resources?.requests?.cpu);
  expect(amounts(await step(0))).toEqual(["2", "2", undefined]);
  expect(events.filter((event) => event.startsWith("Resize"))).toEqual(["ResizeStarted", "ResizeCompleted"]);
  const later = await step(60);
  expect(amounts(later)).toEqual(["2", undefined, "2"]);
  expect(later.initContainerStatuses?.map(({ restartCount }) => restartCount)).toEqual([0, 0, 0]);
});

test("a Pod's own amounts change in place, and a container without limits gets those of its Pod", async () => {
  const of = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });
  const containers = [
    { name: "c", image: "nginx" },
    {
      name: "anew",
      image: "busybox",
      command: ["sh", "-c", "trap exit TERM; sleep 1d & wait"],
      resizePolicy: [{ resourceName: "memory", restartPolicy: "RestartContainer" }],
    },
    { name: "own", image: "busybox", command: ["sleep", "1d"], resources: of("100m", "64Mi") },
  ] as unknown as Pod["spec"]["containers"];
  let message: string | undefined = "no room";
  const { worker, step, events, pod } = run({ containers, resources: of("1", "1Gi") }, () => message);
  const before = await step(0);
  expect(before).toMatchObject({ allocatedResources: { cpu: "1", memory: "1Gi" }, resources: of("1", "1Gi") });
  const limits = async () => {
    const [c] = worker.records;
    const { output } = await c!.running!.run(["cat", "/sys/fs/cgroup/memory.max"], 0, new AbortController().signal);
    return output.trim();
  };
  expect(await limits()).toBe(String(2 ** 30));
  worker.update({
    ...pod,
    metadata: { ...pod.metadata, generation: 2 },
    spec: { ...pod.spec, resources: of("2", "2Gi") },
  });
  expect(await step(0)).toMatchObject({ allocatedResources: { cpu: "1", memory: "1Gi" }, resources: of("1", "1Gi") });
  expect(worker.allocated.spec.resources).toEqual(of("1", "1Gi"));
  message = undefined;
  worker.retryResize();
  const status = await step(0);
  expect(status).toMatchObject({ allocatedResources: { cpu: "2", memory: "2Gi" }, resources: of("2", "2Gi") });
  expect(await limits()).toBe(String(2 ** 31));
  expect(status.containerStatuses?.map(({ name, restartCount }) => [name, restartCount])).toEqual([
    ["c", 0],
    ["anew", 1],
    ["own", 0],
  ]);
  expect(events.filter((event) => event.startsWith("Resize"))).toEqual([
    "ResizeDeferred",
    "ResizeStarted",
    "ResizeCompleted",
  ]);
});

const restartsAll = [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [42] } }];
const ends = (name: string, code: number, more = {}) => ({
  name,
  image: "busybox",
  command: ["sh", "-c", `exit ${code}`],
  ...more,
});
const stays = (name: string, more = {}) => ({ name, image: "busybox", command: ["sleep", "1d"], ...more });
/** Ends with 42 after a second at first, and then stays. */
const asksOnce = (name: string, more = {}) => ({
  ...{ name, image: "busybox", restartPolicy: "Never", restartPolicyRules: restartsAll },
  command: ["sh", "-c", "[ -e /mnt/again ] && exec sleep 1d; touch /mnt/again; sleep 1; exit 42"],
  volumeMounts: [{ name: "work", mountPath: "/mnt" }],
  ...more,
});

test.each([
  {
    title: "a container",
    spec: {
      initContainers: [ends("init", 0), stays("side", { restartPolicy: "Always" })],
      containers: [asksOnce("asks"), stays("other")],
    },
    restarts: { init: 1, side: 1, asks: 1, other: 1 },
  },
  {
    title: "a sidecar",
    spec: {
      initContainers: [ends("init", 0), asksOnce("asks", { restartPolicy: "Always" })],
      containers: [stays("other")],
    },
    restarts: { init: 1, asks: 1, other: 1 },
  },
  {
    title: "an init container, before others have begun",
    spec: {
      initContainers: [
        stays("side", { restartPolicy: "Always" }),
        ends("init", 0),
        asksOnce("asks", { command: ["sh", "-c", "[ -e /mnt/again ] && exit 0; touch /mnt/again; sleep 1; exit 42"] }),
      ],
      containers: [stays("other")],
    },
    restarts: { side: 1, init: 1, asks: 1, other: 0 },
  },
])("when $title asks for it, all containers of a Pod begin anew in place", async ({ spec, restarts }) => {
  const volumes = [{ name: "work", emptyDir: {} }];
  const wish = { restartPolicy: "Never", volumes, ...spec } as unknown as Partial<Pod["spec"]>;
  const { worker, step, events } = run(wish);
  const restarting = (status: ReturnType<typeof worker.status>) =>
    status.conditions?.find(({ type }) => type === "AllContainersRestarting");
  const all = ({ initContainerStatuses = [], containerStatuses = [] }: ReturnType<typeof worker.status>) => [
    ...initContainerStatuses,
    ...containerStatuses,
  ];
  const before = await step(0);
  const address = before.podIP;
  expect(restarting(before)).toMatchObject({ status: "False" });
  await step(1);
  const during = worker.status();
  expect(restarting(during)).toMatchObject({
    status: "True",
    reason: "RestartAllContainersStarted",
    message: "container exited with restart policy rule",
  });
  // Each that does not listen to SIGTERM has two seconds.
  for (let second = 0; second < 6; second++) await step(1);
  const after = await step(0);
  expect(after.phase).toBe("Running");
  expect(after.podIP).toBe(address);
  expect(restarting(after)).toMatchObject({ status: "False" });
  expect(Object.fromEntries(all(after).map(({ name, restartCount }) => [name, restartCount]))).toEqual(restarts);
  for (const { name, lastState } of all(after)) {
    const gone = {
      exitCode: 137,
      reason: "RestartingAllContainers",
      message: "The container is removed because RestartAllContainers in place",
    };
    expect(lastState).toEqual(restarts[name as keyof typeof restarts] ? { terminated: gone } : {});
  }
  expect(events).not.toContain("BackOff");
  // Not again.
  await step(60);
  expect(Object.fromEntries(all(worker.status()).map((one) => [one.name, one.restartCount]))).toEqual(restarts);
});

test("a Pod that is deleted while all of its containers begin anew just ends", async () => {
  const { worker, step, pod } = run({
    restartPolicy: "Never",
    volumes: [{ name: "work", emptyDir: {} }],
    containers: [asksOnce("asks"), stays("other")] as unknown as Pod["spec"]["containers"],
  });
  await step(0);
  await step(1);
  worker.update({
    ...pod,
    metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: 1 },
  });
  await step(1);
  await step(2);
  const status = await step(0);
  expect(worker.isFinished).toBe(true);
  expect(status.containerStatuses?.map(({ name, restartCount }) => [name, restartCount])).toEqual([
    ["asks", 0],
    ["other", 0],
  ]);
});
