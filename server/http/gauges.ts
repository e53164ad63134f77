import { Gauge, type Registry } from "prom-client";
import { readFacts } from "../../openapi/types.ts";
import type { ServiceUsage } from "../registry/core/service/observer.ts";
import type { Kind } from "../registry/kind.ts";
import type { InFlight } from "./filters/max-in-flight.ts";
import { VERSION } from "./routes/version.ts";
import type { WorkQueueState } from "./work-queue-metrics.ts";

/** What is looked up when someone asks for metrics. What is absent is not shown. */
export interface GaugeOptions {
  readonly inFlight: InFlight;
  readonly kinds: () => readonly Kind[];
  readonly countObjects?: (storagePrefix: string) => number;
  readonly countBytes?: (storagePrefix: string) => number;
  readonly storageBytes?: () => number;
  /** The newest revision, and how many before it watches can begin at. */
  readonly history?: () => { readonly revision: number; readonly length: number };
  readonly serviceUsage?: () => ServiceUsage;
  /** Names of APIServices, and whether their servers can be asked. */
  readonly apiServices?: () => readonly { readonly name: string; readonly available: boolean }[];
  readonly workQueues?: () => readonly WorkQueueState[];
}

const OBJECTS = "Number of stored objects at the time of last check split by kind.";
const RESOURCE_OBJECTS =
  "[ALPHA] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.";
const STORAGE_OBJECTS = `[STABLE] (Deprecated since 1.34.0) [DEPRECATED, consider using apiserver_resource_objects instead] ${OBJECTS} In case of a fetching error, the value will be -1.`;
const BYTES =
  "[ALPHA] Estimated size of stored objects in database. Estimate is based on sum of last observed sizes of serialized objects. In case of a fetching error, the value will be -1.";

/** Registers all that is a state and no count of ours. */
export function registerGauges(registry: Registry, options: GaugeOptions): void {
  const { inFlight, countObjects, countBytes, storageBytes, history, apiServices, serviceUsage, workQueues } = options;
  const gauge = (name: string, help: string, labelNames: readonly string[], collect: (gauge: Gauge) => void) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  const perKind = (name: string, help: string, measure: (storagePrefix: string) => number, byGroup = true) =>
    gauge(name, help, byGroup ? ["group", "resource"] : ["resource"], (shown) => {
      for (const { group, plural, storagePrefix, convert } of options.kinds()) {
        if (!storagePrefix || convert) continue;
        const value = measure(storagePrefix);
        if (byGroup) shown.set({ group, resource: plural }, value);
        else shown.set({ resource: group ? `${plural}.${group}` : plural }, value);
      }
    });

  gauge(
    "apiserver_current_inflight_requests",
    "[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.",
    ["request_kind"],
    (shown) => {
      shown.set({ request_kind: "readOnly" }, inFlight.reading);
      shown.set({ request_kind: "mutating" }, inFlight.mutating);
    },
  );
  if (countObjects) {
    perKind("apiserver_storage_objects", STORAGE_OBJECTS, countObjects, false);
    perKind("apiserver_resource_objects", RESOURCE_OBJECTS, countObjects);
  }
  if (countBytes) perKind("apiserver_resource_size_estimate_bytes", BYTES, countBytes);
  if (storageBytes) {
    // The only one; upstream numbers its etcd clusters so.
    const labels = { storage_cluster_id: "etcd-0" };
    const help = "[STABLE] Size of the storage database file physically allocated in bytes.";
    gauge("apiserver_storage_size_bytes", help, Object.keys(labels), (shown) => shown.set(labels, storageBytes()));
  }
  if (history) {
    const version =
      "[ALPHA] Current resource version of watch cache broken by resource type. This is truncated to the 15 least significant digits.";
    perKind("apiserver_watch_cache_resource_version", version, () => history().revision);
    const capacity = "[ALPHA] Total capacity of watch cache broken by resource type.";
    perKind("watch_cache_capacity", capacity, () => history().length);
  }
  if (serviceUsage) {
    const [ips, ports] = ["kube_apiserver_clusterip_allocator_", "kube_apiserver_nodeport_allocator_"];
    for (const state of ["allocated", "available"] as const) {
      const ofRange = `[ALPHA] Gauge measuring the number of ${state} IPs for Services`;
      gauge(`${ips}${state}_ips`, ofRange, ["cidr"], (shown) => {
        for (const { cidr, ...range } of serviceUsage().ranges) shown.set({ cidr }, range[state]);
      });
      const ofPorts = `[ALPHA] Gauge measuring the number of ${state} NodePorts for Services`;
      gauge(`${ports}${state}_ports`, ofPorts, [], (shown) => shown.set(serviceUsage().nodePorts[state]));
    }
  }
  if (apiServices) {
    const help = "[ALPHA] Gauge of APIServices which are marked as unavailable broken down by APIService name.";
    gauge("aggregator_unavailable_apiservice", help, ["name"], (shown) => {
      for (const { name, available } of apiServices()) shown.set({ name }, available ? 0 : 1);
    });
  }
  if (workQueues) {
    const perQueue = (name: string, help: string, measure: (queue: WorkQueueState) => number) =>
      gauge(name, help, ["name"], (shown) => {
        for (const queue of workQueues()) shown.set({ name: queue.name }, measure(queue));
      });
    perQueue("workqueue_depth", "[BETA] Current depth of workqueue", ({ depth }) => depth);
    const unfinished =
      "[BETA] How many seconds of work has done that is in progress and hasn't been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.";
    perQueue("workqueue_unfinished_work_seconds", unfinished, ({ working }) => working.reduce((a, b) => a + b, 0));
    const longest = "[BETA] How many seconds has the longest running processor for workqueue been running.";
    perQueue("workqueue_longest_running_processor_seconds", longest, ({ working }) => Math.max(0, ...working));
  }
  const compatibility =
    "[ALPHA] Provides the compatibility version info of the component. The component label is the name of the component, usually kube, but is relevant for aggregated-apiservers.";
  gauge("version_info", compatibility, Object.keys(COMPATIBILITY), (shown) => shown.set(COMPATIBILITY, 1));
  const build =
    "[BETA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.";
  gauge("kubernetes_build_info", build, Object.keys(BUILD), (shown) => shown.set(BUILD, 1));
  const features = "[BETA] This metric records the data about the stage and enablement of a k8s feature.";
  gauge("kubernetes_feature_enabled", features, ["name", "stage"], (shown) => {
    for (const [name, { stage, enabled }] of Object.entries(gates())) shown.set({ name, stage }, enabled ? 1 : 0);
  });
}

/** Upstream's features at 1.36 and their defaults, which is what this server does. */
function gates(): Readonly<Record<string, { readonly stage: string; readonly enabled: boolean }>> {
  return readFacts("feature-gates") as ReturnType<typeof gates>; // our own file
}

const COMPATIBILITY = {
  component: "kube",
  binary: VERSION.gitVersion.slice(1),
  emulation: `${VERSION.emulationMajor}.${VERSION.emulationMinor}`,
  min_compat: `${VERSION.minCompatibilityMajor}.${VERSION.minCompatibilityMinor}`,
};

const BUILD = {
  major: VERSION.major,
  minor: VERSION.minor,
  git_version: VERSION.gitVersion,
  git_commit: VERSION.gitCommit,
  git_tree_state: VERSION.gitTreeState,
  build_date: VERSION.buildDate,
  go_version: VERSION.goVersion,
  compiler: VERSION.compiler,
  platform: VERSION.platform,
};
