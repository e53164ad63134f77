import { expect, test } from "vitest";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { CgroupUsage, FileSystemUsage, PodNodeUsage } from "../runtime/node-usage.ts";
import { evictionMessage } from "./message.ts";
import { rank } from "./rank.ts";
import { parseThresholds } from "./threshold.ts";

const MI = 2 ** 20;
const pod = (name: string, priority: number, requests: Record<string, string> = {}, volumes: object[] = []) =>
  ({
    metadata: { name, uid: name },
    spec: { priority, volumes, containers: [{ name: "c", resources: { requests } }] },
  }) as unknown as Pod; // no more is read

const taken = (mebibytes: number, inodesUsed = 0) => ({ usedBytes: mebibytes * MI, inodesUsed }) as FileSystemUsage;

interface Uses {
  readonly memory?: number;
  readonly processes?: number;
  readonly rootfs?: FileSystemUsage;
  readonly logs?: FileSystemUsage;
  readonly volumes?: Readonly<Record<string, FileSystemUsage>>;
}

/** What a Pod of one container uses; memory in mebibytes. */
function uses(uid: string, { memory = 0, processes = 0, rootfs, logs, volumes = {} }: Uses): [string, PodNodeUsage] {
  const usage = { memory: { workingSet: memory * MI }, processes } as unknown as CgroupUsage; // no more is read
  const container = { name: "c", usage, rootfs: rootfs ?? taken(0), logs: logs ?? taken(0) };
  return [uid, { uid, usage, containers: [container], volumes: new Map(Object.entries(volumes)) } as never]; // ditto
}

const ONE_DISK = { hasImageFs: false };
const order = (pods: Pod[], usages: [string, PodNodeUsage][], ...[signal, disks = ONE_DISK]: [never, object?]) =>
  rank(pods, new Map(usages), signal, disks as never).map(({ metadata }) => metadata.name);

test("memory: who uses more than was asked for goes first, then by priority, then by how much more", () => {
  const pods = [
    pod("important", 9, { memory: "10Mi" }),
    pod("modest", -1, { memory: "100Mi" }),
    pod("greedy", 5, { memory: "10Mi" }),
    pod("greedier", 5, { memory: "10Mi" }),
    pod("unknown", 9),
  ];
  const usages = [
    uses("modest", { memory: 50 }),
    uses("greedy", { memory: 20 }),
    uses("greedier", { memory: 30 }),
    uses("important", { memory: 90 }),
  ];
  expect(order(pods, usages, "memory.available" as never)).toEqual([
    ...["unknown", "greedier", "greedy", "important", "modest"],
  ]);
});

test("disk: files of the container, logs and emptyDirs count, but not those in memory", () => {
  const scratch = [{ name: "scratch", emptyDir: {} }];
  const memory = [{ name: "memory", emptyDir: { medium: "Memory" } }];
  const pods = [
    pod("asks", 0, { "ephemeral-storage": "1Gi" }),
    pod("little", 0, {}, memory),
    pod("much", 0, {}, scratch),
  ];
  const usages = [
    uses("asks", { rootfs: taken(500) }),
    uses("little", { rootfs: taken(1), logs: taken(2), volumes: { memory: taken(900) } }),
    uses("much", { logs: taken(1), volumes: { scratch: taken(9) } }),
  ];
  expect(order(pods, usages, "nodefs.available" as never)).toEqual(["much", "little", "asks"]);
});

test("with a disk of images' own each signal counts what is on its disk", () => {
  const pods = [pod("writes", 0), pod("logs", 0)];
  const usages = [uses("writes", { rootfs: taken(9, 1) }), uses("logs", { logs: taken(9, 9) })];
  const disks = { hasImageFs: true };
  expect(order(pods, usages, "nodefs.available" as never, disks)).toEqual(["logs", "writes"]);
  expect(order(pods, usages, "imagefs.available" as never, disks)).toEqual(["writes", "logs"]);
  expect(order(pods, usages, "nodefs.inodesFree" as never, disks)).toEqual(["logs", "writes"]);
});

test("processes: by priority, then by number", () => {
  const pods = [pod("few", 0), pod("many", 0), pod("low", -1)];
  const usages = [uses("few", { processes: 1 }), uses("many", { processes: 9 }), uses("low", { processes: 1 })];
  expect(order(pods, usages, "pid.available" as never)).toEqual(["low", "many", "few"]);
});

const available = (amount: number, capacity = 1000) => ({ available: amount, capacity });

test.each([
  {
    signal: "memory.available",
    hard: "memory.available<100Mi",
    observed: available(52 * MI),
    asked: { memory: "10Mi" },
    used: { memory: 20 },
    text:
      "The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Mi. " +
      "Container c was using 20Mi, request is 10Mi, has larger consumption of memory. ",
    offending: ["c", "20Mi", "memory"],
  },
  {
    signal: "nodefs.available",
    hard: "nodefs.available<10%",
    observed: available(MI, 1000 * MI),
    asked: {},
    used: { rootfs: taken(3), logs: taken(1) },
    text:
      "The node was low on resource: ephemeral-storage. Threshold quantity: 100Mi, available: 1Mi. " +
      "Container c was using 4Mi, request is 0, has larger consumption of ephemeral-storage. ",
    offending: ["c", "4Mi", "ephemeral-storage"],
  },
  {
    signal: "imagefs.inodesFree",
    hard: "imagefs.inodesFree<5%",
    observed: available(1234, 100_000),
    asked: {},
    used: { rootfs: taken(3, 9) },
    text: "The node was low on resource: inodes. Threshold quantity: 5k, available: 1234. ",
    offending: ["", "", "inodes"],
  },
  {
    signal: "pid.available",
    hard: "pid.available<100",
    observed: available(7),
    asked: {},
    used: { processes: 9 },
    text: "The node was low on resource: pids. Threshold quantity: 100, available: 7. ",
    offending: ["", "", "pids"],
  },
] as const)("$signal: the message says how little there was, and who had too much", (given) => {
  const { signal, hard, observed, asked, used, text, offending } = given;
  const [, usage] = uses("greedy", used);
  const met = parseThresholds({ hard });
  const said = evictionMessage(
    signal,
    met,
    { [signal]: observed },
    pod("greedy", 0, { ...asked } as Record<string, string>),
    usage,
  );
  expect(said.text).toBe(text);
  expect(said.annotations).toEqual({
    offending_containers: offending[0],
    offending_containers_usage: offending[1],
    starved_resource: offending[2],
  });
});
