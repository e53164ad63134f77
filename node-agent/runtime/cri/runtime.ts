import { chmodSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import type { Clock, Logger } from "../../../client/index.ts";
import type { Container, Pod, Secret } from "../../../openapi/api/core.v1.ts";
import { type ContainerConfig, type RunningContainer, type Runtime, type Sandbox, StartError } from "../runtime.ts";
import { type CriClient, isNotFound } from "./api/client.ts";
import { CONTAINER_STATE, type SandboxConfig } from "./api/types.ts";
import { ContainerWatch } from "./containers.ts";
import { limitCgroup } from "./daemon/cgroup-limits.ts";
import { removeCgroups } from "./daemon/cgroups.ts";
import { dial } from "./dial.ts";
import { ImageCollector } from "./images/collector.ts";
import type { ImageLimits } from "./images/garbage.ts";
import { ImageStore } from "./images/image-store.ts";
import { localStorage } from "./local-storage.ts";
import { LogFiles } from "./logs/log-files.ts";
import { readLog } from "./logs/read-log.ts";
import type { LogLimits } from "./logs/rotate.ts";
import { LogRotator } from "./logs/rotator.ts";
import { removeOrphans } from "./orphans.ts";
import { containerWish } from "./pod/container-wish.ts";
import { hasAppArmor, NO_FEATURES, refuseMounts, refuseUnsupported } from "./pod/features.ts";
import { podHugePageLimits } from "./pod/huge-pages.ts";
import type { NodePaths } from "./pod/paths.ts";
import { podResources } from "./pod/resources.ts";
import { LABEL, podCgroup, sandboxConfig } from "./pod/sandbox-config.ts";
import { forwardedConnection } from "./port-forward.ts";
import { QosTiers } from "./qos-tiers.ts";
import { recoverPod } from "./recover-pod.ts";
import { runningContainer } from "./running-container.ts";
import { containerStats } from "./stats/container-stats.ts";
import { nodeUsage } from "./stats/node-usage.ts";
import { DiskVolumes } from "./volumes/pod-volumes.ts";

const NANOSECONDS = 1e6;
const NO_DNS = { servers: [], searches: [], options: [] };

export interface CriRuntimeOptions {
  readonly client: CriClient;
  readonly paths: NodePaths;
  /** Cgroup above all Pods'; starts with a slash. */
  readonly cgroupRoot: string;
  /** The node's address, which Pods in its network have. */
  readonly address: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What the runtime calls a RuntimeClass. @throws Error when there is none */
  runtimeHandler(runtimeClass: string): Promise<string>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  readonly imageLimits: ImageLimits;
  readonly logLimits: LogLimits;
  /** Processes of one Pod; undefined: as many as the machine has. */
  readonly podPidsLimit?: number;
  /** Warns in an event of the node. */
  warn(reason: string, message: string): void;
}

export interface CriRuntime extends Runtime {
  /** Lets go of everything and leaves all Pods running. */
  stop(): void;
}

const uidOf = (pod: Pod) => pod.metadata.uid ?? "";

/** Runs Pods on a container runtime that speaks CRI v1. (pkg/kubelet/kuberuntime) */
export async function criRuntime(options: CriRuntimeOptions): Promise<CriRuntime> {
  const { client, paths, clock, logger, address, cgroupRoot } = options;
  const { runtimeName, runtimeVersion } = await client.version();
  const images = new ImageStore({ ...options, pullRecords: join(paths.folder, "image-pulls.json") });
  await images.refresh();
  const watch = new ContainerWatch(client, clock, logger);
  const volumes = new DiskVolumes(options);
  const logs = new LogFiles(paths);
  const tiers = new QosTiers(cgroupRoot);
  const memoryBytes = totalmem();
  /** By Pod uid. */
  const sandboxes = new Map<string, { readonly id: string; readonly ip: string; readonly attempt: number }>();
  /** Containers that run, by Pod uid and name. */
  const running = new Map<string, { readonly id: string; readonly startedAt: Date }>();
  const keyOf = (pod: Pod, name: string) => `${uidOf(pod)}/${name}`;

  const configOf = (pod: Pod, hostname: string, dns: SandboxConfig["dnsConfig"], attempt: number) =>
    sandboxConfig(pod, { hostname, dns: dns ?? NO_DNS, paths, cgroupRoot: options.cgroupRoot, attempt });

  const sandboxesOf = async (uid: string) =>
    (await client.listPodSandbox())
      .filter(({ metadata }) => metadata.uid === uid)
      .sort((a, b) => b.metadata.attempt - a.metadata.attempt);

  const containersOf = async (uid: string) =>
    (await client.listContainers())
      .filter(({ labels }) => labels[LABEL.podUid] === uid)
      .sort((a, b) => b.createdAt - a.createdAt);

  async function remove(id: string): Promise<void> {
    watch.forget(id);
    await client.stopPodSandbox(id);
    await client.removePodSandbox(id);
  }

  async function known(pod: Pod, id: string, attempt: number): Promise<Sandbox> {
    const { network } = await client.podSandboxStatus(id);
    const ips = network?.ip ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)] : [];
    sandboxes.set(uidOf(pod), { id, ip: ips[0] ?? address, attempt });
    return { id, ips, lost: watch.lost(id) };
  }

  function track(pod: Pod, container: Container, id: string, startedAt: Date): RunningContainer {
    const key = keyOf(pod, container.name);
    running.set(key, { id, startedAt });
    const ip = sandboxes.get(uidOf(pod))?.ip ?? address;
    const result = runningContainer({
      client,
      watch,
      clock,
      logger,
      id,
      startedAt,
      container,
      ip,
      memoryBytes,
      cgroupRoot,
      resized: (resizedPod) => tiers.set(resizedPod),
    });
    void result.exited.then(() => running.get(key)?.id === id && running.delete(key));
    return result;
  }

  /** Instances before the last one: nobody asks for them any more. */
  async function removeOld(uid: string, name: string, before: number): Promise<void> {
    for (const { id, metadata, state } of await containersOf(uid)) {
      if (metadata.name !== name || metadata.attempt >= before || state === CONTAINER_STATE.running) continue;
      await client.removeContainer(id);
    }
  }

  /** The cgroup of a Pod and those above it, as its amounts are. @throws Error when the kernel refuses */
  function limitPod(pod: Pod): void {
    tiers.set(pod);
    limitCgroup(podCgroup(pod, cgroupRoot).slice(1), {
      ...podResources(pod),
      pids: options.podPidsLimit,
      hugepageLimits: podHugePageLimits(pod),
    });
  }

  async function startContainer(config: ContainerConfig): Promise<RunningContainer> {
    const { pod, container, attempt, sandbox, hostname, dns } = config;
    const uid = uidOf(pod);
    refuseMounts(container);
    try {
      // It may be there again because it has other amounts now, which its Pod must have first.
      limitPod(pod);
    } catch (error) {
      // Another container still has more than the Pod is to have: until that has less too.
      logger.debug({ err: error, pod: pod.metadata.name }, "a Pod's cgroup keeps its limits for now");
    }
    logs.prepare(pod, container.name, attempt);
    const folder = paths.container(uid, container.name);
    mkdirSync(folder, { recursive: true });
    const messageFile = join(folder, String(attempt));
    writeFileSync(messageFile, "");
    // Whatever user the container runs as may write its last words; the mode of a new file is less the process's umask.
    chmodSync(messageFile, 0o666);
    const hostsFile = join(paths.pod(uid), "etc-hosts");
    writeFileSync(hostsFile, config.hosts, { mode: 0o644 });
    await removeOld(uid, container.name, attempt - 1);
    const target = "targetContainerName" in container ? String(container.targetContainerName) : undefined;
    const wish = containerWish(config, {
      mountSources: config.mounts.map((mount, index) => volumes.hostPath(pod, container.name, mount, index)),
      deviceSource: ({ path }) => realpathSync(path),
      hostsFile,
      messageFile,
      seccompFolder: paths.seccomp,
      memoryBytes,
      targetId: target && running.get(keyOf(pod, target))?.id,
    });
    const sandboxWish = configOf(pod, hostname, dns, sandboxes.get(uid)?.attempt ?? 0);
    const id = await client.createContainer(sandbox.id, wish, sandboxWish);
    try {
      await client.startContainer(id);
    } catch (error) {
      throw new StartError(`containerd://${id}`, error instanceof Error ? error.message : String(error));
    }
    const { startedAt } = await client.containerStatus(id);
    return track(pod, container, id, new Date(startedAt / NANOSECONDS));
  }

  /** After all of the Pod has ended. */
  async function removePodCgroup(uid: string): Promise<void> {
    for (const tier of ["", "burstable/", "besteffort/"]) {
      await removeCgroups(`${options.cgroupRoot.slice(1)}/kubepods/${tier}pod${uid}`);
    }
  }

  const collector = new ImageCollector({
    ...options,
    images,
    folder: paths.containerd,
    mounted: () => volumes.mountedImages(),
  });
  collector.start();
  const rotator = new LogRotator({
    ...{ client, logs, clock, logger, limits: options.logLimits },
    running: () => [...running].map(([key, { id }]) => ({ key, id })),
  });

  return {
    version: `${runtimeName}://${runtimeVersion.replace(/^v/, "")}`,
    features: { ...NO_FEATURES, appArmor: hasAppArmor() },
    images: () => images.images,
    findImage: (name) => images.find(name),
    mayUse: (name, pod) => images.mayUse(name, pod),
    async recover(pod) {
      const uid = uidOf(pod);
      const found = { sandboxes: await sandboxesOf(uid), containers: await containersOf(uid) };
      return recoverPod(pod, found, {
        ...{ client, images, track },
        known(newest) {
          tiers.set(pod);
          return known(pod, newest.id, newest.metadata.attempt);
        },
      });
    },
    removeOrphans: (uids) =>
      removeOrphans(uids, { client, paths, cgroupRoot, volumes, logs, logger, removeSandbox: remove, removePodCgroup }),
    mountVolumes: (pod, wanted) => volumes.mount(pod, wanted),
    readVolumeFile: async (pod, volume, path) => volumes.read(pod, volume, path),
    async unmountVolumes(uid) {
      tiers.delete(uid);
      await removePodCgroup(uid);
      await volumes.unmount(uid);
    },
    async runSandbox({ pod, hostname, dns }) {
      refuseUnsupported(pod);
      const handler = pod.spec.runtimeClassName ? await options.runtimeHandler(pod.spec.runtimeClassName) : "";
      const old = await sandboxesOf(uidOf(pod));
      for (const { id } of old) await remove(id);
      const attempt = old[0] ? old[0].metadata.attempt + 1 : 0;
      const config = configOf(pod, hostname, dns, attempt);
      limitPod(pod);
      mkdirSync(config.logDirectory, { recursive: true, mode: 0o755 });
      mkdirSync(paths.pod(uidOf(pod)), { recursive: true, mode: 0o750 });
      return known(pod, await client.runPodSandbox(config, handler), attempt);
    },
    async removeSandbox({ id }) {
      for (const [uid, sandbox] of sandboxes) if (sandbox.id === id) sandboxes.delete(uid);
      await remove(id).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    },
    pullImage: (image, pod) => images.pull(image, pod, configOf(pod, "", undefined, 0)),
    startContainer,
    stats: () => containerStats(client, running),
    removeUnusedImages: () => collector.removeUnused(),
    nodeUsage: (pods) => nodeUsage(pods, { ...options, volumes, sandboxes }),
    localStorage: (pods) => localStorage(pods, { client, paths, volumes }),
    async logs(podUid, container, wanted, output, signal) {
      const isOpen = () => running.has(`${podUid}/${container}`);
      // The newest instance is the previous one once it has ended and the next has not begun.
      const path = logs.find(podUid, container, wanted.previous && isOpen() ? 1 : 0);
      if (!path) {
        const what = wanted.previous ? "previous terminated container" : "container";
        throw new Error(`${what} "${container}" in pod not found`);
      }
      await readLog({ path, clock, isOpen: () => isOpen() && !wanted.previous }, wanted, output, signal);
    },
    async connect(podUid, port) {
      const sandbox = sandboxes.get(podUid);
      if (!sandbox) throw new Error("the Pod's sandbox is not running");
      if (sandbox.ip === address) return dial("localhost", port);
      return forwardedConnection(await client.portForward(sandbox.id, port), port, new AbortController().signal);
    },
    dial,
    forgetPod: (podUid) => logs.forget(podUid),
    stop() {
      rotator.stop();
      collector.stop();
      watch.stop();
      volumes.stop();
      client.close();
    },
  };
}
