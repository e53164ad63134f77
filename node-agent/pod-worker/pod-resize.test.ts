import { expect, test } from "vitest";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { runPod } from "./simulated-pod.ts";

test("amounts that the node has no room for wait until it has", async () => {
  let message: string | undefined = "Node didn't have enough resource: cpu, requested: 9000, used: 0, capacity: 8000";
  const container = (cpu: string) =>
    [{ name: "c", image: "nginx", resources: { requests: { cpu } } }] as unknown as Pod["spec"]["containers"];
  const { worker, step, events, messages, pod } = runPod({ containers: container("1") }, () => message);
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
  const { worker, step, events, pod } = runPod({ initContainers: init("1"), containers });
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
  expect(amounts(later)).toEqual(["2", "2", "2"]);
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
  const { worker, step, events, pod } = runPod({ containers, resources: of("1", "1Gi") }, () => message);
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
    ["anew", 1],
    ["c", 0],
    ["own", 0],
  ]);
  expect(events.filter((event) => event.startsWith("Resize"))).toEqual([
    "ResizeDeferred",
    "ResizeStarted",
    "ResizeCompleted",
  ]);
});
