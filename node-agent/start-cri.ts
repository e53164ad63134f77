import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { createEventRecorder, quantity, sleep } from "../client/index.ts";
import type { Node } from "../openapi/api/core.v1.ts";
import type { RuntimeClass } from "../openapi/api/node.k8s.io.v1.ts";
import { startAgent } from "./agent.ts";
import { connectNode, type NodeEnvironment } from "./connect-node.ts";
import type { EvictionSettings } from "./eviction/eviction-manager.ts";
import { EVICTION_HARD, parseThresholds, type ThresholdTexts } from "./eviction/threshold.ts";
import { ObjectCache } from "./object-cache.ts";
import { checkImageLimits, IMAGE_LIMITS, type ImageLimits } from "./runtime/cri/images/garbage.ts";
import { LOG_LIMITS } from "./runtime/cri/logs/rotate.ts";
import { machineAllocatable, machineCapacity } from "./runtime/cri/machine/capacity.ts";
import { machineIdentity, machineOsImage } from "./runtime/cri/machine/identity.ts";
import { disksOf, observeMachine } from "./runtime/cri/machine/observe.ts";
import { machineAddress, machineDns, openCriNode } from "./runtime/cri/node.ts";
import { nodePaths } from "./runtime/cri/pod/paths.ts";
import { KUBELET_PORT } from "./server/kubelet-server.ts";
import { checkUnsafeSysctls } from "./sysctls.ts";

export interface CriStartOptions {
  readonly name: string;
  readonly kubeconfig: string;
  /** Folder of everything that this node keeps. */
  readonly folder: string;
  /** Undefined: the machine's. */
  readonly address?: string;
  /** Undefined: waits until a controller gives it. */
  readonly podCidr?: string;
  /** When Pods go. What is undefined is as kubelet has it. */
  readonly eviction?: Partial<ThresholdTexts & Omit<EvictionSettings, "thresholds">>;
  /** When images go. What is undefined is as kubelet has it. */
  readonly imageLimits?: Partial<ImageLimits>;
  /** How large logs get, and how many of a container are kept. What is undefined is as kubelet has it. */
  readonly logLimits?: { readonly maxSize?: string; readonly maxFiles?: number };
  readonly maxPods?: number;
  /** Processes of one Pod; undefined: as many as the machine has. */
  readonly podPidsLimit?: number;
  /** Names, or beginnings of names that end in `*`, of settings of the kernel that Pods may have besides safe ones. */
  readonly allowedUnsafeSysctls?: readonly string[];
  /** Where Pods ask for names, and what names of Services end in. */
  readonly clusterDns: string;
  readonly clusterDomain: string;
}

/** (pkg/kubelet/apis/config/v1beta1/defaults.go) */
const MAX_PODS = 110;
const EVICTION: Omit<EvictionSettings, "thresholds"> = { transitionMs: 300_000, maxPodGraceSeconds: 0 };

/** Pause between looks whether a controller has given the node its range, in ms. */
const LOOK = 500;

/** Runs one node whose Pods are containers of this machine. Resolves when it is registered. */
export async function startCriNode(
  options: CriStartOptions,
  environment: NodeEnvironment,
): Promise<{ stop(): Promise<void> }> {
  const { name, folder, podCidr, logLimits = {}, maxPods = MAX_PODS, address = machineAddress() } = options;
  const { clock } = environment;
  const connection = await connectNode(options.kubeconfig, name, environment);
  const { client, logger, tls, informers } = connection;
  const thresholds = parseThresholds({ hard: EVICTION_HARD, ...options.eviction });
  const imageLimits = { ...IMAGE_LIMITS, ...options.imageLimits };
  checkImageLimits(imageLimits);
  checkUnsafeSysctls(options.allowedUnsafeSysctls ?? []);
  const recorder = createEventRecorder({ client, clock, logger, component: "kubelet", host: name });
  const secrets = new ObjectCache(client, clock);
  const node = await openCriNode({
    folder,
    address,
    clock,
    logger,
    imageLimits,
    logLimits: {
      maxBytes: logLimits.maxSize ? quantity(logLimits.maxSize) : LOG_LIMITS.maxBytes,
      maxFiles: logLimits.maxFiles ?? LOG_LIMITS.maxFiles,
    },
    ...(options.podPidsLimit && { podPidsLimit: options.podPidsLimit }),
    warn(reason, message) {
      recorder.event({ apiVersion: "v1", kind: "Node", metadata: { name } }, "Warning", reason, message);
    },
    runtimeHandler: async (runtimeClass) => {
      const where = "node.k8s.io/v1/runtimeclasses";
      const found = (await client.get(where, { name: runtimeClass })) as RuntimeClass; // asked for by its resource
      return found.handler;
    },
    // Of a Secret only its data is read.
    secret: async (namespace, secret) =>
      (await secrets.get("v1/secrets", namespace, secret, clock.now().getTime())) as never,
  });
  const capacity = machineCapacity(folder, maxPods);
  const disks = { node: folder, images: nodePaths(folder).containerd };
  const stopping = new AbortController();
  const rangeOf = async (registered: Node) => {
    let { podCIDR } = registered.spec ?? {};
    while (!podCIDR && !stopping.signal.aborted) {
      await sleep(clock, LOOK, stopping.signal);
      ({ podCIDR } = (await client.get("v1/nodes", { name })).spec ?? {});
    }
    return podCIDR;
  };
  const agent = await startAgent({
    name,
    client,
    pods: connection.pods,
    services: connection.services,
    clock,
    logger,
    recorder,
    runtime: node.runtime,
    address,
    port: KUBELET_PORT,
    capacity,
    allocatable: machineAllocatable(capacity, thresholds),
    osImage: machineOsImage(),
    identity: machineIdentity(),
    ...(options.allowedUnsafeSysctls && { allowedUnsafeSysctls: options.allowedUnsafeSysctls }),
    ...(podCidr && { podCidr }),
    eviction: {
      ...EVICTION,
      ...options.eviction,
      thresholds,
      disks: disksOf(disks),
      observe: () => observeMachine(disks),
    },
    staticPods: join(folder, "manifests"),
    registered: async (registered) => {
      const range = await rangeOf(registered);
      if (range) node.setPodCidr(range);
    },
    dns: { server: options.clusterDns, domain: options.clusterDomain, host: machineDns() },
    hosts: () => readFileSync("/etc/hosts", "utf8"),
    tls,
  });
  logger.info({ address, folder, machine: hostname() }, "node runs Pods with containerd");
  return {
    async stop() {
      stopping.abort();
      await agent.stop();
      informers.stop();
      node.stop();
      await connection.transport.close();
    },
  };
}
