import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { arch, platform, release } from "node:os";
import { type Client, type Clock, type EventRecorder, type Informer, type Logger, sleep } from "../client/index.ts";
import type { Node, Pod, Service } from "../openapi/api/core.v1.ts";
import type { Rejection } from "./admission.ts";
import { Backoff } from "./backoff.ts";
import { isCritical } from "./critical-pods.ts";
import { environment } from "./environment.ts";
import { type Eviction, type EvictionOptions, startEviction } from "./eviction/eviction-manager.ts";
import { nodeEvents } from "./node-events.ts";
import { startHeartbeat } from "./node-heartbeat.ts";
import type { NodeFacts } from "./node-status.ts";
import { ObjectCache } from "./object-cache.ts";
import { isOver, PodAdmission } from "./pod-admission.ts";
import { type ClusterDns, hostsFile, podDns } from "./pod-dns.ts";
import type { WorkerEnvironment } from "./pod-worker/worker-environment.ts";
import { PodWorker } from "./pod-worker.ts";
import type { PodsOfNode } from "./pods-by-node.ts";
import { ProbeMeter } from "./probes/probe-meter.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { type KubeletServer, serveKubelet } from "./server/kubelet-server.ts";
import { serviceVariables } from "./service-variables.ts";
import { isMirror, StaticPods } from "./static-pods.ts";
import { StatusWriter } from "./status-writer.ts";
import { podVolumes, volumeImage } from "./volumes/pod-volumes.ts";

export interface AgentOptions {
  readonly name: string;
  readonly client: Client;
  /** What says that the node is alive goes this way; absent: as all else. */
  readonly heartbeatClient?: Client;
  readonly pods: PodsOfNode;
  readonly services: Informer<Service>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly recorder: EventRecorder;
  readonly runtime: Runtime;
  /** The node's own address: where its server listens, and what host-network Pods have. */
  readonly address: string;
  /** Of the node's own API; 0 is any free one. */
  readonly port: number;
  readonly capacity: Readonly<Record<string, string>>;
  /** The node's range of Pods' addresses, when it is not left to a controller. */
  readonly podCidr?: string;
  /** Called with the Node before any Pod is looked at. */
  registered?(node: Node): Promise<void>;
  /** When Pods have to go; never without. */
  readonly eviction?: Pick<EvictionOptions, "thresholds" | "transitionMs" | "maxPodGraceSeconds" | "observe" | "disks">;
  /** Folder of static Pods; none without. */
  readonly staticPods?: string;
  readonly dns: ClusterDns;
  /** Text of the node's own /etc/hosts, for Pods in its network. */
  hosts(): string;
  /** What of the capacity Pods may have; undefined: all of it. */
  readonly allocatable?: Readonly<Record<string, string>>;
  /** Name of the operating system. */
  readonly osImage?: string;
  /** Settings of the kernel that Pods may have besides safe ones. */
  readonly allowedUnsafeSysctls?: readonly string[];
  /** Who the machine is; undefined: one of the node's own. */
  readonly identity?: Pick<NodeFacts, "machineId" | "systemUuid" | "bootId">;
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
}

/** How often it is looked for remains of Pods that are gone, in ms. */
const HOUSEKEEPING = 60_000;

/** One node: registers, heartbeats, serves, and keeps its Pods as the API server wants them. (pkg/kubelet/kubelet.go) */
export async function startAgent(options: AgentOptions): Promise<{ stop(): Promise<void> }> {
  const { name, client, pods, services, clock, logger, recorder, runtime, address, capacity, dns } = options;
  const allocatable = options.allocatable ?? capacity;
  const workers = new Map<string, PodWorker>();
  const meter = new ProbeMeter();
  const forget = (uid: string) => {
    workers.delete(uid);
    meter.forget(uid);
    runtime.forgetPod(uid);
  };
  let staticPods: StaticPods | undefined;
  const statuses = new StatusWriter(client, clock, logger, (pod) =>
    staticPods ? staticPods.uidOf(pod) : pod.metadata.uid,
  );
  const machineId = createHash("sha256").update(name).digest("hex").slice(0, 32);
  const server: KubeletServer = await serveKubelet({
    address,
    port: options.port,
    tls: options.tls,
    client,
    clock,
    logger,
    workers,
    meter,
    runtime,
    nodeName: name,
    maxPods: Number(capacity.pods ?? 0),
  });
  const port = (server.address as AddressInfo).port;

  let eviction: Eviction | undefined;
  const heartbeat = startHeartbeat({
    client: options.heartbeatClient ?? client,
    clock,
    logger,
    events: nodeEvents(recorder, name),
    facts: () => ({
      name,
      addresses: [
        { type: "InternalIP", address },
        { type: "Hostname", address: name },
      ],
      capacity,
      runtimeVersion: runtime.version,
      kubeletPort: port,
      images: runtime.images(),
      machineId,
      ...options.identity,
      operatingSystem: platform() === "win32" ? "windows" : "linux",
      architecture: arch() === "x64" ? "amd64" : arch(),
      kernelVersion: release(),
      osImage: options.osImage ?? "inkube",
      features: runtime.features,
      ...(options.allocatable && { allocatable: options.allocatable }),
      ...(options.podCidr && { podCidr: options.podCidr }),
      ...(eviction && { pressure: eviction.conditions }),
    }),
  });

  const objects = new ObjectCache(client, clock);
  const env: WorkerEnvironment = {
    nodeName: name,
    hostIPs: [address],
    runtime,
    clock,
    meter,
    logger,
    recorder,
    backoff: new Backoff(),
    environment: (pod, container, sandbox, file) =>
      environment(pod, container, sandbox, {
        client,
        nodeName: name,
        hostIPs: [address],
        allocatable,
        services: (namespace, all) => serviceVariables(services.lister, namespace, all),
        file,
      }),
    volumes: (view) =>
      podVolumes(view, {
        client,
        clock,
        objects,
        nodeName: name,
        hostIPs: [address],
        allocatable,
        pullImage: (image, policy) => volumeImage(runtime, view.current(), image, policy),
      }),
    dns: (pod) => podDns(pod, dns),
    hosts: (pod, ips) => hostsFile(pod, ips, dns.domain, options.hosts()),
    statusChanged: (worker) => statuses.changed(worker),
    finished(worker) {
      statuses.changed(worker);
      retryResizes();
    },
    lacksFor: (worker) => admission.lacksFor(worker),
  };

  const retryResizes = () => {
    for (const worker of workers.values()) worker.retryResize();
  };
  let node: Node;
  const admission = new PodAdmission({
    workers,
    features: runtime.features,
    allowedUnsafeSysctls: options.allowedUnsafeSysctls,
    node: () => node,
    pressure: () => eviction?.conditions ?? new Set(),
  });
  const begin = (worker: PodWorker, rejected: Rejection | undefined) => {
    const { pod } = worker;
    if (rejected?.reason.startsWith("OutOf") && isCritical(pod)) {
      void admission.makeRoom(worker).then((still) => {
        if (workers.get(pod.metadata.uid ?? "") === worker) begin(worker, still);
      });
      return;
    }
    if (rejected) return worker.reject(rejected.reason, rejected.message);
    // Finished in an earlier life of this agent: nothing to run, but somebody has to show its logs and let it go.
    if (!isOver(pod) && !pod.metadata.deletionTimestamp) statuses.changed(worker);
    void worker.start();
  };
  const see = (pod: Pod) => {
    const uid = pod.metadata.uid ?? "";
    const known = workers.get(uid);
    if (known) return known.update(pod);
    const worker = new PodWorker(pod, env);
    workers.set(uid, worker);
    const rejected = admission.refusal(pod);
    if (rejected?.reason !== "NodeAffinity") return begin(worker, rejected);
    // Its labels may have changed since it was looked at.
    void client
      .get("v1/nodes", { name })
      .then((newest) => {
        node = newest;
      })
      .catch((error: unknown) => logger.debug({ err: error }, "reading the node failed"))
      .then(() => {
        if (workers.get(uid) === worker) begin(worker, admission.refusal(worker.pod));
      });
  };
  node = await heartbeat.registered;
  await options.registered?.(node);
  if (options.staticPods) {
    staticPods = new StaticPods({
      folder: options.staticPods,
      node,
      client,
      clock,
      logger,
      run: see,
      async end(pod) {
        const uid = pod.metadata.uid ?? "";
        const worker = workers.get(uid);
        worker?.terminate(pod.spec.terminationGracePeriodSeconds ?? 30);
        await worker?.ended;
        forget(uid);
      },
    });
  }
  /** @returns whether the Pod is the mirror of one that this node has from a file */
  const seeMirror = (pod: Pod, deleted: boolean) => {
    if (!staticPods || !isMirror(pod)) return false;
    const shown = staticPods.see(pod, deleted);
    const worker = shown && workers.get(shown.metadata.uid ?? "");
    if (worker && !deleted) statuses.changed(worker);
    return true;
  };
  pods.addHandler({
    added: (pod) => void (seeMirror(pod, false) || see(pod)),
    updated: (pod) => void (seeMirror(pod, false) || see(pod)),
    deleted(pod) {
      if (seeMirror(pod, true)) return;
      const uid = pod.metadata.uid ?? "";
      workers.get(uid)?.abandon();
      forget(uid);
    },
  });
  if (options.eviction) {
    const changed = () => heartbeat.changed();
    eviction = startEviction({
      ...options.eviction,
      nodeName: name,
      workers,
      runtime,
      clock,
      logger,
      recorder,
      changed,
    });
  }
  const stopping = new AbortController();
  void (async () => {
    while (!stopping.signal.aborted) {
      await runtime.removeOrphans(new Set(workers.keys())).catch((error: unknown) => {
        logger.warn({ err: error }, "removing what belongs to no Pod failed");
      });
      await sleep(clock, HOUSEKEEPING, stopping.signal);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      staticPods?.stop();
      eviction?.stop();
      heartbeat.stop();
      statuses.stop();
      await server.stop();
    },
  };
}
