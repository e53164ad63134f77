import { expect, test } from "vitest";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { countProbe, ProbeMeter } from "../probes/probe-meter.ts";
import type { CgroupUsage, FileSystemUsage, NodeUsage } from "../runtime/node-usage.ts";
import { cadvisorMetrics } from "./cadvisor-metrics.ts";
import { RequestCounts } from "./kubelet-metrics.ts";
import { probeMetrics } from "./probe-metrics.ts";
import { statsSummary } from "./summary.ts";

const at = new Date("2026-01-01T00:00:10Z");
const time = "2026-01-01T00:00:10Z";
const usage = (bytes: number): CgroupUsage => ({
  cpu: { total: 3e9, user: 2e9, system: 1e9, periods: 0, throttledPeriods: 0, throttled: 0 },
  memory: {
    ...{ usage: bytes + 50, maxUsage: bytes + 90, workingSet: bytes, rss: bytes - 10, cache: 60, mapped: 5, swap: 0 },
    ...{ limit: bytes + 100, faults: 7, majorFaults: 1, failures: 0 },
  },
  processes: 3,
});
const disk = (usedBytes: number): FileSystemUsage => ({
  ...{ availableBytes: 500, capacityBytes: 1000, usedBytes, inodes: 100, inodesFree: 60, inodesUsed: 2 },
});
const wire = {
  ...{ name: "eth0", rxBytes: 11, rxPackets: 1, rxErrors: 0, rxDropped: 2 },
  ...{ txBytes: 22, txPackets: 3, txErrors: 4, txDropped: 0 },
};
const node: NodeUsage = {
  at,
  startedAt: new Date("2025-12-31T00:00:00Z"),
  usage: usage(9000),
  maxProcesses: 4_194_304,
  processes: 70,
  network: [wire],
  fileSystem: disk(400),
  imageBytes: 300,
  pods: [
    {
      ...{ uid: "u1", id: "box1", usage: usage(2000), network: [wire] },
      containers: [{ name: "c", id: "con1", image: "busybox", usage: usage(1000), rootfs: disk(20), logs: disk(3) }],
      volumes: new Map([
        ["scratch", disk(7)],
        ["memory", disk(8)],
      ]),
    },
  ],
};
const pod = {
  metadata: { name: "web", namespace: "ns", uid: "u1" },
  spec: {
    containers: [{ name: "c" }],
    volumes: [
      { name: "scratch", emptyDir: {} },
      { name: "memory", emptyDir: { medium: "Memory" } },
    ],
  },
  status: {
    qosClass: "Burstable",
    containerStatuses: [{ name: "c", state: { running: { startedAt: "2026-01-01T00:00:05Z" } } }],
  },
} as unknown as Pod; // no more of it is looked at
const container = {
  ...{ podUid: "u1", container: "c", startedAt: new Date("2026-01-01T00:00:05Z"), at },
  ...{ cpuNanoSeconds: 3e9, workingSetBytes: 1000, nanoCores: 600 },
};

test("the summary tells of a node, a Pod and a container what the kernel counts", () => {
  const { node: ofNode, pods } = statsSummary("node-a", [pod], [container], at, node);
  expect(ofNode).toMatchObject({
    startTime: "2025-12-31T00:00:00Z",
    memory: { usageBytes: 9050, workingSetBytes: 9000, rssBytes: 8990, availableBytes: 100, pageFaults: 7 },
    network: { time, name: "eth0", rxBytes: 11, txErrors: 4, interfaces: [{ name: "eth0", txBytes: 22 }] },
    fs: { capacityBytes: 1000, usedBytes: 400, inodesFree: 60 },
    runtime: { imageFs: { usedBytes: 300 } },
    rlimit: { time, maxpid: 4_194_304, curproc: 70 },
  });
  expect(pods).toMatchObject([
    {
      cpu: { usageNanoCores: 600, usageCoreNanoSeconds: 3e9 },
      memory: { workingSetBytes: 2000 },
      network: { rxBytes: 11 },
      volume: [
        { name: "scratch", usedBytes: 7 },
        { name: "memory", usedBytes: 8 },
      ],
      "ephemeral-storage": { usedBytes: 30 }, // files, logs and the one volume on the disk
      process_stats: { process_count: 3 },
      containers: [{ name: "c", rootfs: { usedBytes: 20 }, logs: { usedBytes: 3 }, memory: { rssBytes: 990 } }],
    },
  ]);
});

test("/metrics/cadvisor names containers, Pods and the node as cadvisor does", () => {
  const lines = cadvisorMetrics([pod], node, { cores: 2, memoryBytes: 4096 }).split("\n");
  const of = (container: string, id: string, image: string, name: string, pod: string) =>
    `container="${container}",image="${image}",name="${name}",namespace="${pod && "ns"}",pod="${pod}",id="${id}"`;
  const sorted = (labels: string) => labels.split(",").sort().join();
  const found = new Set(lines.map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => `{${sorted(labels)}}`)));
  const expected: [string, string, string, number][] = [
    [
      "container_cpu_usage_seconds_total",
      of("c", "/kubepods/burstable/podu1/con1", "busybox", "con1", "web"),
      'cpu="total"',
      3,
    ],
    ["container_memory_working_set_bytes", of("", "/kubepods/burstable/podu1", "", "", "web"), "", 2000],
    ["container_memory_usage_bytes", of("", "/", "", "", ""), "", 9050],
    [
      "container_network_receive_bytes_total",
      of("", "/kubepods/burstable/podu1/box1", "", "box1", "web"),
      'interface="eth0"',
      11,
    ],
    ["container_fs_usage_bytes", of("c", "/kubepods/burstable/podu1/con1", "busybox", "con1", "web"), "", 20],
  ];
  for (const [name, labels, more, value] of expected) {
    expect(found).toContain(`${name}{${sorted([labels, more].filter(Boolean).join())}} ${value} ${at.getTime()}`);
  }
  expect(lines).toContain("machine_cpu_cores 2");
  // A container without a quota of CPU has no periods of it.
  expect(lines.filter((line) => line.startsWith("container_cpu_cfs"))).toEqual([]);
});

test("/metrics/probes counts what probes said, until their Pod is gone", () => {
  const meter = new ProbeMeter();
  const facts = { podUid: "u1", namespace: "ns", pod: "web", container: "c", kind: "Liveness" } as const;
  countProbe(meter.of(facts), "successful", 0.03);
  countProbe(meter.of(facts), "successful", 20);
  countProbe(meter.of(facts), "failed", 1);
  const labels = 'container="c",namespace="ns",pod="web",probe_type="Liveness"';
  const lines = probeMetrics(meter.counts(), at).split("\n");
  for (const line of [
    `prober_probe_total{${labels},pod_uid="u1",result="successful"} 2`,
    `prober_probe_total{${labels},pod_uid="u1",result="failed"} 1`,
    `prober_probe_duration_seconds_bucket{${labels},le="0.025"} 0`,
    `prober_probe_duration_seconds_bucket{${labels},le="0.05"} 1`,
    `prober_probe_duration_seconds_bucket{${labels},le="10"} 1`,
    `prober_probe_duration_seconds_bucket{${labels},le="+Inf"} 2`,
    `prober_probe_duration_seconds_count{${labels}} 2`,
  ]) {
    expect(lines).toContain(line);
  }
  meter.forget("u1");
  expect(meter.counts()).toEqual([]);
});

test("requests are counted by method and known path", () => {
  const counts = new RequestCounts();
  for (const path of ["/metrics/cadvisor", "/metrics", "/exec/ns/web/c", "/exec/ns/other/c", "/nonsense"]) {
    counts.add("GET", path);
  }
  expect(counts.samples().map(({ labels, value }) => [labels.path, labels.long_running, value])).toEqual([
    ["metrics/cadvisor", "false", 1],
    ["metrics", "false", 1],
    ["exec", "true", 2],
    ["other", "false", 1],
  ]);
});
