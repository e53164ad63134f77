import type { Pod } from "../../openapi/api/core.v1.ts";
import { qosClassOf } from "../qos-class.ts";
import type { CgroupUsage, FileSystemUsage, InterfaceUsage, NodeUsage } from "../runtime/node-usage.ts";
import { exposition, type MetricFamily } from "./exposition.ts";

/** What a series is about: a container, a Pod (no container), or the node (nothing but `id`). */
interface Subject {
  readonly labels: Readonly<Record<string, string>>;
  readonly usage?: CgroupUsage;
  readonly rootfs?: FileSystemUsage;
  readonly network?: readonly InterfaceUsage[];
  readonly startedAt?: Date;
}

type Value = (subject: Subject) => number | undefined;
type OfInterface = (usage: InterfaceUsage) => number;
const NANOSECONDS = 1e9;
const TOTAL = { cpu: "total" };

/** Name, type, help and value of what is told of each cgroup. (vendor/github.com/google/cadvisor/metrics/prometheus.go) */
const CGROUP: readonly (readonly [string, MetricFamily["type"], string, Value, Readonly<Record<string, string>>?])[] = [
  ["cpu_user_seconds_total", "counter", "CPU time as user.", ({ usage }) => usage && usage.cpu.user / NANOSECONDS],
  [
    "cpu_system_seconds_total",
    "counter",
    "CPU time as system.",
    ({ usage }) => usage && usage.cpu.system / NANOSECONDS,
  ],
  ["cpu_usage_seconds_total", "counter", "CPU time.", ({ usage }) => usage && usage.cpu.total / NANOSECONDS, TOTAL],
  ["cpu_cfs_periods_total", "counter", "Periods of its CPU quota.", ({ usage }) => usage?.cpu.periods || undefined],
  [
    "cpu_cfs_throttled_periods_total",
    "counter",
    "Periods in which its CPU quota was used up.",
    ({ usage }) => (usage?.cpu.periods ? usage.cpu.throttledPeriods : undefined),
  ],
  [
    "cpu_cfs_throttled_seconds_total",
    "counter",
    "Time that it stood still for its CPU quota.",
    ({ usage }) => (usage?.cpu.periods ? usage.cpu.throttled / NANOSECONDS : undefined),
  ],
  ["memory_cache", "gauge", "Page cache in bytes.", ({ usage }) => usage?.memory.cache],
  ["memory_rss", "gauge", "Anonymous memory in bytes.", ({ usage }) => usage?.memory.rss],
  ["memory_mapped_file", "gauge", "Mapped files in bytes.", ({ usage }) => usage?.memory.mapped],
  ["memory_swap", "gauge", "Swap in bytes.", ({ usage }) => usage?.memory.swap],
  ["memory_failcnt", "counter", "How often the limit of memory was hit.", ({ usage }) => usage?.memory.failures],
  ["memory_usage_bytes", "gauge", "All memory in bytes.", ({ usage }) => usage?.memory.usage],
  ["memory_max_usage_bytes", "gauge", "Most memory there ever was, in bytes.", ({ usage }) => usage?.memory.maxUsage],
  ["memory_working_set_bytes", "gauge", "Working set in bytes.", ({ usage }) => usage?.memory.workingSet],
  ["fs_usage_bytes", "gauge", "What is written on the disk, in bytes.", ({ rootfs }) => rootfs?.usedBytes],
  ["fs_limit_bytes", "gauge", "What the disk holds, in bytes.", ({ rootfs }) => rootfs?.capacityBytes],
  ["fs_inodes_total", "gauge", "Inodes of the disk.", ({ rootfs }) => rootfs?.inodes],
  ["fs_inodes_free", "gauge", "Free inodes of the disk.", ({ rootfs }) => rootfs?.inodesFree],
  ["processes", "gauge", "Processes.", ({ usage }) => usage?.processes],
  [
    "start_time_seconds",
    "gauge",
    "Start time since the Unix epoch in seconds.",
    ({ startedAt }) => startedAt && startedAt.getTime() / 1000,
  ],
  [
    "spec_memory_limit_bytes",
    "gauge",
    "Limit of memory, 0 for none.",
    ({ usage }) => usage && (usage.memory.limit ?? 0),
  ],
];

const INTERFACE: readonly (readonly [string, OfInterface])[] = [
  ["receive_bytes_total", ({ rxBytes }) => rxBytes],
  ["receive_packets_total", ({ rxPackets }) => rxPackets],
  ["receive_packets_dropped_total", ({ rxDropped }) => rxDropped],
  ["receive_errors_total", ({ rxErrors }) => rxErrors],
  ["transmit_bytes_total", ({ txBytes }) => txBytes],
  ["transmit_packets_total", ({ txPackets }) => txPackets],
  ["transmit_packets_dropped_total", ({ txDropped }) => txDropped],
  ["transmit_errors_total", ({ txErrors }) => txErrors],
];

const FAILURES = [
  ["pgfault", (usage: CgroupUsage) => usage.memory.faults],
  ["pgmajfault", (usage: CgroupUsage) => usage.memory.majorFaults],
] as const;

/** GET /metrics/cadvisor: what the kernel counts of a node, its Pods and their containers. */
export function cadvisorMetrics(
  pods: readonly Pod[],
  usage: NodeUsage,
  machine: { readonly cores: number; readonly memoryBytes: number },
): string {
  const subjects = subjectsOf(pods, usage);
  const families: MetricFamily[] = CGROUP.map(([name, type, help, value, more]) => ({
    name: `container_${name}`,
    type,
    help,
    samples: subjects.flatMap((subject) => {
      const found = value(subject);
      return found === undefined ? [] : [{ labels: { ...subject.labels, ...more }, value: found, at: usage.at }];
    }),
  }));
  families.push({
    name: "container_memory_failures_total",
    type: "counter",
    help: "Page faults.",
    samples: subjects.flatMap(({ labels, usage: own }) =>
      FAILURES.flatMap(([kind, of]) =>
        own ? [{ labels: { ...labels, failure_type: kind, scope: "hierarchy" }, value: of(own), at: usage.at }] : [],
      ),
    ),
  });
  for (const [name, of] of INTERFACE) {
    families.push({
      name: `container_network_${name}`,
      type: "counter",
      help: `What went over the network: ${name.replace(/_total$/, "").replaceAll("_", " ")}.`,
      samples: subjects.flatMap(({ labels, network = [] }) =>
        network.map((each) => ({ labels: { ...labels, interface: each.name }, value: of(each), at: usage.at })),
      ),
    });
  }
  const plain = (name: string, help: string, value: number): MetricFamily => ({
    ...{ name, help, type: "gauge" },
    samples: [{ labels: {}, value }],
  });
  families.push(
    plain("machine_cpu_cores", "Cores of the machine.", machine.cores),
    plain("machine_memory_bytes", "Memory of the machine.", machine.memoryBytes),
    plain("container_scrape_error", "1 when something could not be read.", 0),
  );
  return exposition(families);
}

function subjectsOf(pods: readonly Pod[], { usage, network, fileSystem, pods: used, startedAt }: NodeUsage): Subject[] {
  const nobody = { container: "", image: "", name: "", namespace: "", pod: "" };
  const subjects: Subject[] = [{ labels: { ...nobody, id: "/" }, usage, network, rootfs: fileSystem, startedAt }];
  for (const each of used) {
    const pod = pods.find(({ metadata }) => metadata.uid === each.uid);
    if (!pod) continue;
    const { name = "", namespace = "" } = pod.metadata;
    const qos = qosClassOf(pod);
    const tier = qos === "Guaranteed" ? "" : `/${qos.toLowerCase()}`;
    const id = `/kubepods${tier}/pod${each.uid}`;
    const own = { ...nobody, namespace, pod: name };
    subjects.push({ labels: { ...own, id }, usage: each.usage });
    // The wire is the sandbox's.
    subjects.push({ labels: { ...own, id: `${id}/${each.id}`, name: each.id }, network: each.network });
    const statuses = [
      ...(pod.status?.containerStatuses ?? []),
      ...(pod.status?.initContainerStatuses ?? []),
      ...(pod.status?.ephemeralContainerStatuses ?? []),
    ];
    for (const container of each.containers) {
      const status = statuses.find((known) => known.name === container.name);
      const started = status?.state?.running?.startedAt;
      subjects.push({
        labels: {
          ...own,
          container: container.name,
          id: `${id}/${container.id}`,
          image: container.image,
          name: container.id,
        },
        usage: container.usage,
        rootfs: container.rootfs,
        ...(started && { startedAt: new Date(started) }),
      });
    }
  }
  return subjects;
}
