import { createHash } from "node:crypto";
import type { Clock, Random } from "../../../client/index.ts";
import { ALL_FEATURES } from "../../admission.ts";
import { type Image, type Runtime, StartError } from "../runtime.ts";
import { startContainer } from "./container.ts";
import { resolveImage } from "./images.ts";
import { LogFile } from "./log-file.ts";
import type { Network } from "./network.ts";
import { usageMeters } from "./usage.ts";
import { type Disks, TreeVolumes } from "./volumes.ts";

const hex = (...parts: unknown[]) => createHash("sha256").update(parts.join("\0")).digest("hex");

export interface SimulatedOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The node's own address, for Pods in the host's network. */
  readonly address: string;
  /** The next free address of each of the node's Pod ranges, and its way back. */
  readonly addresses: { take(): Promise<readonly string[]>; give(ip: string): void };
  /** Shared by the nodes of a process: their Pods reach each other. */
  readonly network: Network;
  /** Shared too: what is on them outlives Pods. */
  readonly disks: Disks;
}

interface Logs {
  current: LogFile;
  previous?: LogFile;
}

/** Runs Pods as data: no process, no network, no disk; what containers do is in known-images.ts and programs.ts. */
export function simulatedRuntime(options: SimulatedOptions): Runtime {
  const { clock, random, address, addresses, network, disks } = options;
  const pulled = new Map<string, Image>();
  const logs = new Map<string, Map<string, Logs>>();
  const volumes = new TreeVolumes({ clock, disks });
  const meters = usageMeters(clock);
  /** By Pod uid. */
  const addressOf = new Map<string, string>();
  const uidOf = new Map<string, string>();

  return {
    version: "simulated://1.0.0",
    features: ALL_FEATURES,
    images: () => [...pulled.values()],
    findImage: async (name) => pulled.get(name) ?? pulled.get(`${name}:latest`),
    // Simulated Pods live in this process: nothing of them outlives it.
    recover: async () => undefined,
    removeOrphans: async () => {},
    mountVolumes: (pod, wanted) => volumes.mount(pod, wanted),
    unmountVolumes: async (podUid) => volumes.unmount(podUid),
    stats: async (pods) => meters.read(pods),
    async runSandbox({ pod }) {
      const uid = pod.metadata.uid ?? "";
      const id = hex("sandbox", uid);
      uidOf.set(id, uid);
      if (!logs.has(uid)) logs.set(uid, new Map());
      const ips = pod.spec.hostNetwork ? [address] : await addresses.take();
      for (const ip of ips) network.attach(ip);
      addressOf.set(uid, ips[0] ?? "");
      return { id, ips };
    },
    async removeSandbox({ id, ips }) {
      for (const ip of ips) {
        if (ip === address) continue;
        network.detach(ip);
        addresses.give(ip);
      }
      addressOf.delete(uidOf.get(id) ?? "");
      uidOf.delete(id);
    },
    async pullImage(image) {
      const found = pulled.get(image) ?? resolveImage(image);
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
      try {
        meters.check(config);
      } catch (error) {
        throw new StartError(id, error instanceof Error ? error.message : String(error));
      }
      const running = await startContainer(config, { id, log, clock, random, network, mounts });
      meters.started(config, running);
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
      const ip = addressOf.get(podUid);
      if (!ip) throw new Error("the Pod's sandbox is not running");
      return network.dial(ip, port);
    },
    dial: async (host, port) => network.dial(host, port),
    forgetPod: (podUid) => void logs.delete(podUid),
  };
}
