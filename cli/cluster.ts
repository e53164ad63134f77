import { join } from "node:path";
import type { StartOptions as ControllerStartOptions } from "../controllers/start.ts";
import { dnsServiceAddress } from "../dns/start/service-address.ts";
import { DEFAULT_SETTINGS } from "../server/start/settings.ts";
import { type StartOptions, start as startServer } from "../server/start.ts";
import { allReady } from "./all-ready.ts";
import { openDataDir } from "./data-dir.ts";
import { type KubeletFile, kubeletFlags } from "./kubelet-flags.ts";
import { nodeName } from "./node-names.ts";
import type { Progress } from "./progress.ts";
import { proxyDefaults } from "./proxy-defaults.ts";
import { superviseProcess } from "./supervise-process.ts";
import { type ComponentSpec, type Supervised, supervise } from "./supervisor.ts";
import { writeKubeconfig } from "./write-kubeconfig.ts";

/** Groups of the accounts that the cluster's own parts act as. */
const SERVICE_ACCOUNTS = ["system:serviceaccounts", "system:serviceaccounts:kube-system"];
/** So many simulated nodes have connections of their own. */
const PROXIED_NODES = 50;
/** So many simulated nodes are no load: they share a thread with the scheduler. */
const FEW_NODES = 10;

/** What components get to start, in ms: kubeadm gives a kubelet as long. */
const START_LIMIT = 240_000;

const YEAR_SECONDS = 365 * 24 * 3600;
/** The cluster's DNS as kubeadm sets up CoreDNS. */
const DNS = {
  port: 53,
  metricsPort: 9153,
  otherPorts: true,
  domain: "cluster.local",
  ttl: 30,
  pods: "insecure",
  upstreams: ["/etc/resolv.conf"],
} as const;

export interface ClusterOptions {
  /** Folder of all state. */
  dataDir: string;
  /** `sqlite:PATH` or `memory:`; undefined = sqlite in the data folder. */
  storage?: string;
  durability: "full" | "relaxed";
  bindAddress: string;
  /** 0 picks a free one; a taken one is replaced by the next free one. */
  port: number;
  /** Where the administrator's kubeconfig goes; undefined = `kubeconfig` in the data folder. */
  kubeconfig?: string;
  /** Number of nodes; 0 for none. */
  nodes: number;
  runtime: "simulated" | "cri";
  /** For real nodes. */
  kubelet?: KubeletFile;
  /** Files of images for simulated Pods. */
  images?: readonly string[];
  /** As in --controllers; none runs no controllers. */
  controllers: readonly string[];
  /** Undefined: as kubeadm would have it. */
  controllerSettings?: ControllerSettings;
  scheduler: boolean;
  /** Whether metrics.k8s.io is served, where there are nodes. */
  metricsServer: boolean;
  /** Path of a KubeSchedulerConfiguration. */
  schedulerConfig?: string;
  logLevel: string;
  /** Of the API server; undefined = NodeRestriction besides those on by default. */
  admissionPlugins?: StartOptions["admissionPlugins"];
  /** Of the API server; what is left out is as kubeadm would have it. */
  settings?: StartOptions["settings"];
}

export interface Cluster {
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  /** Absolute path. */
  readonly kubeconfig: string;
  /** Resolves when every component has started. Rejects when some cannot, and says why of each. */
  readonly ready: Promise<void>;
  /** Stops components first, then the server. Idempotent. */
  stop(): Promise<void>;
}

/** The API server in this thread, then every component in a thread of its own. Resolves when the API server is ready. */
export async function startCluster(options: ClusterOptions, progress: Progress): Promise<Cluster> {
  const dataDir = openDataDir(options.dataDir);
  const names = Array.from({ length: options.nodes }, (_, index) => nodeName(index));
  const real =
    options.runtime === "cri" && options.nodes > 0 ? await realNodesOf({ ...options, dataDir }, names) : undefined;
  const server = await startServer({
    dataDir,
    storage: options.storage ?? `sqlite:${join(dataDir, "inkube.db")}`,
    durability: options.durability,
    // Nodes with a network of their own cannot reach the machine's loopback.
    bindAddress: real && options.bindAddress === "127.0.0.1" ? real.gateway : options.bindAddress,
    port: options.port,
    onPortTaken: (port, next) => progress.note(`port ${port} is taken, using ${next}`),
    logLevel: options.logLevel,
    // Volumes are on the disks of simulated nodes: without nodes there are none.
    ...(options.nodes > 0 && options.controllers.length > 0 && { defaultProvisioner: "inkube.dev/simulated" }),
    admissionPlugins: options.admissionPlugins ?? { enable: ["NodeRestriction"], disable: [] },
    ...(options.settings && { settings: options.settings }),
  });
  const kubeconfig = options.kubeconfig ?? join(dataDir, "kubeconfig");
  writeKubeconfig(kubeconfig, server.kubeconfig({ commonName: "kubernetes-admin", organizations: ["system:masters"] }));
  progress.done(`API server ready at ${server.url}`);

  const identity = (file: string, commonName: string, organizations: string[] = []) => {
    const path = join(dataDir, `${file}.kubeconfig`);
    writeKubeconfig(path, server.kubeconfig({ commonName, organizations }));
    return path;
  };
  const { logLevel } = options;
  const components: Supervised[] = [];
  const run = (...specs: ComponentSpec[]) => components.push(supervise(specs, progress.note));
  const light: ComponentSpec[] = [];
  if (options.controllers.length) {
    const kubeconfig = identity("controllers", "system:kube-controller-manager");
    run({
      name: "controllers",
      logLevel,
      options: {
        kubeconfig,
        controllers: options.controllers,
        leaderElect: false,
        settings: withKeys(options.controllerSettings ?? defaultSettings(options), dataDir, options.settings),
      },
    });
  }
  if (options.scheduler) {
    const kubeconfig = identity("scheduler", "system:kube-scheduler");
    const config = options.schedulerConfig;
    light.push({ name: "scheduler", logLevel, options: { kubeconfig, leaderElect: false, ...(config && { config }) } });
  }
  const clusterDns = dnsServiceAddress(
    options.settings?.serviceClusterIpRange ?? DEFAULT_SETTINGS.serviceClusterIpRange,
  );
  if (real) {
    const account = "system:serviceaccount:kube-system:coredns";
    run({
      name: "dns",
      logLevel,
      options: {
        kubeconfig: identity("dns", account, SERVICE_ACCOUNTS),
        // Pods of all nodes reach the machine there.
        address: real.gateway,
        ...DNS,
        ...(clusterDns && { service: { clusterIP: clusterDns, kubeconfig } }),
      },
    });
  }
  const nodes = names.map((name) => ({ name, user: `system:node:${name}`, groups: ["system:nodes"] }));
  if (real) {
    await applyRole(kubeconfig);
    const proxy = identity("proxy", "system:kube-proxy");
    for (const { name, user, groups } of nodes) {
      const kubeconfig = identity(name, user, groups);
      const args = ["node", "--runtime", "cri", "--kubeconfig", kubeconfig, "-v", logLevel];
      const beside = ["--with-proxy", proxy, "--cluster-cidr", real.pods];
      beside.push(...kubeletFlags(options.kubelet));
      const names = clusterDns ? ["--cluster-dns", clusterDns] : [];
      const command = real.commandOf(name, [...args, ...beside, ...names]);
      components.push(superviseProcess(name, command, progress.note));
    }
    const binder = "system:serviceaccount:kube-system:persistent-volume-binder";
    const volumes = identity("claim-folders", binder, SERVICE_ACCOUNTS);
    light.push({ name: "claim-folders", logLevel, options: { kubeconfig: volumes, folder: real.folder } });
    const own = machineProxy(real, proxy, logLevel);
    if (own) light.push(own);
    else
      progress.note(
        "another cluster's Services have the same addresses: this machine reaches those, Pods reach theirs",
      );
  } else if (options.nodes > 0) {
    const { images = [] } = options;
    const routesKubeconfig = identity("node-routes", "system:kube-proxy");
    const names = clusterDns && { clusterDns };
    // Connections of their own would cost both sides a megabyte a node.
    const frontProxy = nodes.length > PROXIED_NODES ? server.frontProxyKubeconfig() : undefined;
    const isProxied = frontProxy !== undefined;
    const proxy = join(dataDir, "nodes.kubeconfig");
    if (isProxied) writeKubeconfig(proxy, frontProxy);
    const agents = nodes.map(({ name, user, groups }) =>
      isProxied
        ? { name, kubeconfig: proxy, as: { user, groups } }
        : { name, kubeconfig: identity(name, user, groups) },
    );
    const node: ComponentSpec = {
      name: "node",
      logLevel,
      options: {
        ...{ nodes: agents, runtime: "simulated", routesKubeconfig, images, ...names },
        ...(isProxied && { watchAs: { user: "system:simulated-nodes", groups: ["system:masters"] } }),
      },
    };
    if (options.nodes > FEW_NODES) run(node);
    else light.push(node);
  }
  if (options.nodes > 0 && options.metricsServer) {
    light.push({ name: "metrics-server", logLevel, options: { kubeconfig, host: "127.0.0.1", port: 0 } });
  }
  if (light.length) run(...light);
  const ready = allReady(components, START_LIMIT).then(() => {
    if (components.length) progress.done(`${components.map(({ name }) => name).join(", ")} running`);
  });
  let stopped: Promise<void> | undefined;
  return {
    server: server.url,
    kubeconfig,
    ready,
    stop() {
      stopped ??= (async () => {
        await Promise.allSettled(components.map((component) => component.stop()));
        await server.stop();
        await real?.remove();
      })();
      return stopped;
    },
  };
}

type ControllerSettings = ControllerStartOptions["settings"];

/** The range that nodes' ranges come from: kubeadm's usual one has room for 256 of 256 addresses each. */
export const clusterCidrFor = (nodes: number): string => (nodes > 256 ? "10.128.0.0/11" : "10.244.0.0/16");

/** Real nodes and all that they need are loaded only where there are some. */
async function realNodesOf({ controllerSettings, dataDir, settings }: ClusterOptions, names: readonly string[]) {
  const { realNodes, realPodRange } = await import("./real-nodes.ts");
  // As the controller that gives nodes their ranges is told.
  const pods = controllerSettings?.nodeIpam?.clusterCidrs[0] ?? (await realPodRange(dataDir));
  const services = settings?.serviceClusterIpRange ?? DEFAULT_SETTINGS.serviceClusterIpRange;
  return { ...(await realNodes(dataDir, names, { pods, services })), pods };
}

/** Loaded only here: the API server's thread does without the client otherwise. */
async function applyRole(kubeconfig: string): Promise<void> {
  const { applyNetworkPolicyRole } = await import("./network-policy-role.ts");
  await applyNetworkPolicyRole(kubeconfig);
}

/** The machine reaches Services too, and through it the API server its webhooks; at its node ports only where nodes are. */
function machineProxy(
  real: { readonly proxyTable: string | undefined; readonly gateway: string; readonly pods: string },
  kubeconfig: string,
  logLevel: string,
): ComponentSpec | undefined {
  if (!real.proxyTable) return undefined;
  const options = {
    ...proxyDefaults,
    kubeconfig,
    nodeName: "",
    healthz: undefined,
    metrics: undefined,
    conntrack: undefined,
    nodePortAddresses: [`${real.gateway}/32`],
    detectLocal: { mode: "ClusterCIDR", cidrs: [real.pods] } as const,
    table: real.proxyTable,
  };
  return { name: "proxy", logLevel, options };
}

function defaultSettings({ nodes, settings }: ClusterOptions): ControllerSettings {
  const serviceCidrs = settings?.serviceClusterIpRange ? [settings.serviceClusterIpRange] : [];
  return { nodeIpam: { clusterCidrs: [clusterCidrFor(nodes)], maskSizes: [24], serviceCidrs } };
}

/** Certificates and tokens are signed with the cluster's own keys, unless others are named. */
function withKeys(given: ControllerSettings, dataDir: string, server: ClusterOptions["settings"]): ControllerSettings {
  const serviceAccountKeyFile = server?.serviceAccountSigningKeyFile ?? join(dataDir, "pki", "sa.key");
  const settings = { serviceAccountKeyFile, ...given };
  const { signing = { bySigner: {}, durationSeconds: YEAR_SECONDS } } = settings;
  if (signing.all || Object.keys(signing.bySigner).length > 0) return settings;
  const [certFile, keyFile] = [join(dataDir, "pki", "ca.crt"), join(dataDir, "pki", "ca.key")];
  return { ...settings, signing: { ...signing, all: { certFile, keyFile } } };
}
