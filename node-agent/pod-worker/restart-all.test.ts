import { expect, test } from "vitest";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { runPod } from "./simulated-pod.ts";

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
  const { worker, step, events } = runPod(wish);
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
  const { worker, step, pod } = runPod({
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
