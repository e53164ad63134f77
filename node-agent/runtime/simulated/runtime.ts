import { createHash } from "node:crypto";
import { type Clock, type Random, sleep } from "../../../client/index.ts";
import type { Pod } from "../../../openapi/api/core.v1.ts";
import { ALL_FEATURES } from "../../admission.ts";
import { type Image, type Runtime, StartError } from "../runtime.ts";
import { startContainer } from "./container.ts";
import type { ImageCatalog } from "./image-catalog.ts";
import { LogFile } from "./log-file.ts";
import type { Network } from "./network/network.ts";
import type { NameServer } from "./network/process-network.ts";
import type { HostPort, Stack } from "./network/stack.ts";
import { simulatedNodeUsage } from "./node-usage.ts";
import { usageMeters } from "./usage.ts";
import { type Disks, TreeVolumes } from "./volumes.ts";

const hex = (...parts: unknown[]) => createHash("sha256").update(parts.join("\0")).digest("hex");

export interface SimulatedOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The node's own address, for Pods in the host's network. */
  readonly address: string;
  /** What the node has: memory and disk in bytes. */
  readonly amounts: { readonly cpus: number; readonly memory: number; readonly storage: number };
  /** What there is to run. */
  readonly images: ImageCatalog;
  /** The next free address of each of the node's Pod ranges, and its way back. */
  readonly addresses: { take(): Promise<readonly string[]>; give(ip: string): void };
  /** Shared by the nodes of a process: their Pods reach each other. */
  readonly network: Network;
  /** Name of the node. */
  readonly nodeName: string;
  /** The cluster's DNS; undefined: there is none. */
  readonly names?: NameServer;
  /** Shared too: what is on them outlives Pods. */
  readonly disks: Disks;
}

interface Logs {
  current: LogFile;
  previous?: LogFile;
}

/** Runs Pods as data: no process, no network, no disk; what containers do is in known-images.ts and programs.ts. */
export function simulatedRuntime(options: SimulatedOptions): Runtime {
  const { clock, random, address, addresses, amounts, images, network, nodeName, names, disks } = options;
  const node = network.attach({ addresses: [address], node: nodeName, isHost: true });
  const pulled = new Map<string, Image>();
  const logs = new Map<string, Map<string, Logs>>();
  const volumes = new TreeVolumes({ clock, disks, images, nodeName });
  const meters = usageMeters(clock, images);
  const startedAt = clock.now();
  /** Newest containers by Pod uid and name. */
  const containers = new Map<string, { readonly id: string; readonly image: string }>();
  /** By Pod uid. */
  const sandboxes = new Map<
    string,
    { readonly id: string; readonly stack: Stack; readonly hostPorts: readonly HostPort[] }
  >();

  return {
    version: "simulated://1.0.0",
    features: ALL_FEATURES,
    images: () => [...pulled.values()],
    findImage: async (name) => pulled.get(name) ?? pulled.get(`${name}:latest`),
    // Simulated Pods live in this process: nothing of them outlives it.
    recover: async () => undefined,
    removeOrphans: async () => {},
    mountVolumes: (pod, wanted) => volumes.mount(pod, wanted),
    readVolumeFile: (pod, volume, path) => volumes.read(pod.metadata.uid ?? "", volume, path),
    unmountVolumes: async (podUid) => volumes.unmount(podUid),
    stats: async (pods) => meters.read(pods),
    nodeUsage: async (pods) =>
      simulatedNodeUsage(pods, meters.read(pods), {
        ...{ at: clock.now(), startedAt, ...amounts },
        imageBytes: [...new Set(pulled.values())].reduce((total, { sizeBytes }) => total + sizeBytes, 0),
        sandboxOf: (uid) => sandboxes.get(uid)?.id,
        containerOf: (uid, name) => containers.get(`${uid}/${name}`),
      }),
    async runSandbox({ pod }) {
      const uid = pod.metadata.uid ?? "";
      const id = hex("sandbox", uid);
      if (!logs.has(uid)) logs.set(uid, new Map());
      const ips = pod.spec.hostNetwork ? [address] : await addresses.take();
      const own = pod.spec.hostNetwork ? undefined : { addresses: ips, node: nodeName, isHost: false };
      const hostPorts = own ? hostPortsOf(pod, ips[0] ?? "") : [];
      for (const port of hostPorts) node.hostPorts.add(port);
      sandboxes.set(uid, { id, stack: own ? network.attach(own) : node, hostPorts });
      return { id, ips };
    },
    async removeSandbox({ id, ips }) {
      const [uid, sandbox] = [...sandboxes].find(([, each]) => each.id === id) ?? [];
      if (uid === undefined || !sandbox) return;
      sandboxes.delete(uid);
      for (const port of sandbox.hostPorts) node.hostPorts.delete(port);
      if (sandbox.stack === node) return;
      network.detach(sandbox.stack);
      for (const ip of ips) addresses.give(ip);
    },
    async pullImage(image) {
      const { seconds = 0 } = images.definitionOf(image)?.pull ?? {};
      if (!pulled.has(image) && seconds > 0) await sleep(clock, seconds * 1000);
      const found = pulled.get(image) ?? images.resolve(image);
      pulled.set(image, found);
      return found;
    },
    async startContainer(config) {
      const { pod, container, attempt } = config;
      const uid = pod.metadata.uid ?? "";
      const ofPod = logs.get(uid) ?? new Map<string, Logs>();
      const old = ofPod.get(container.name);
      const log = new LogFile();
      ofPod.set(container.name, { current: log, ...(old && { previous: old.current }) });
      const mounts = new Map(
        await Promise.all(
          config.mounts.map(async (mount) => {
            const node = await volumes.nodeFor(uid, mount);
            return [mount.mountPath, { node, readOnly: mount.readOnly }] as const;
          }),
        ),
      );
      const id = `simulated://${hex("container", uid, container.name, attempt)}`;
      const stack = sandboxes.get(uid)?.stack;
      if (!stack) throw new Error("the Pod's sandbox is not running");
      try {
        meters.check(config);
      } catch (error) {
        throw new StartError(id, error instanceof Error ? error.message : String(error));
      }
      const running = await startContainer(config, {
        ...{ id, log, clock, random, network, stack, node, names, mounts, amounts },
        image: images.definitionOf(container.image ?? ""),
      });
      meters.started(config, running);
      containers.set(`${uid}/${container.name}`, { id, image: container.image ?? "" });
      return running;
    },
    async logs(podUid, container, wanted, output, signal) {
      const files = logs.get(podUid)?.get(container);
      const file = wanted.previous ? files?.previous : files?.current;
      if (!file) {
        const what = wanted.previous ? "previous terminated container" : "container";
        throw new Error(`${what} "${container}" in pod not found`);
      }
      await file.copy(wanted, output, signal);
    },
    async connect(podUid, port) {
      const stack = sandboxes.get(podUid)?.stack;
      if (!stack) throw new Error("the Pod's sandbox is not running");
      return network.dial(stack, { address: "127.0.0.1", port });
    },
    dial: (host, port) => network.dial(node, { address: host, port }),
    forgetPod(podUid) {
      for (const name of logs.get(podUid)?.keys() ?? []) containers.delete(`${podUid}/${name}`);
      logs.delete(podUid);
    },
  };
}

/** Ports of the node that lead to the Pod. */
function hostPortsOf({ spec }: Pod, address: string): HostPort[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])].flatMap(({ ports = [] }) =>
    ports.flatMap(({ protocol = "TCP", hostPort, hostIP = "", containerPort }) =>
      hostPort && (protocol === "TCP" || protocol === "UDP")
        ? [{ protocol, hostAddress: hostIP, hostPort, to: { address, port: containerPort } } as const]
        : [],
    ),
  );
}
