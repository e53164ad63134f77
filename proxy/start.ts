import { cpus, hostname } from "node:os";
import {
  type Clock,
  createClient,
  createInformers,
  createSeriesRecorder,
  type Informers,
  type Logger,
  loadKubeconfig,
  openTransport,
  type Random,
} from "../client/index.ts";
import type { Service } from "../openapi/api/core.v1.ts";
import { canonicalAddress, type Family, familyOf } from "./address.ts";
import { conntrackProgram } from "./conntrack/conntrack.ts";
import { type ConntrackSettings, setConntrack } from "./conntrack/sysctls.ts";
import { type Address, type Listening, listenWhenPossible } from "./health/listen.ts";
import { healthAnswers, metricsAnswers } from "./health/proxy-answers.ts";
import { ProxyHealth } from "./health/proxy-health.ts";
import { ServiceHealthServers } from "./health/service-health.ts";
import { createProxyMetrics } from "./metrics.ts";
import { createNft } from "./nftables/nft.ts";
import { type DetectLocal, isEligible, localTraffic, nodeFacts, nodePortAddresses } from "./node.ts";
import { runPolicies } from "./policy/policy-controller.ts";
import { type Proxier, runProxier } from "./services/proxier.ts";
import type { RuleSettings } from "./services/service-rules.ts";
import { familiesOf } from "./services/service-state.ts";

export interface ProxyStartOptions {
  /** Path of the kubeconfig to act with. */
  readonly kubeconfig: string;
  /** Name of the node that the proxy is on; undefined: the machine's name; empty: it is on none. */
  readonly nodeName?: string;
  /** The node's address; undefined: as its Node has it. (--bind-address) */
  readonly bindAddress?: string;
  /** Undefined: nobody is answered. */
  readonly healthz: Address | undefined;
  readonly metrics: Address | undefined;
  /** Ranges of the node's addresses where node ports answer; empty = all; `primary` = the node's own. */
  readonly nodePortAddresses: readonly string[];
  readonly detectLocal: DetectLocal;
  readonly masqueradeAll: boolean;
  /** Which bit of the packet mark says "masquerade". */
  readonly masqueradeBit: number;
  /** In ms. */
  readonly minSyncPeriod: number;
  readonly syncPeriod: number;
  /** Undefined: nothing is set. */
  readonly conntrack: ConntrackSettings | undefined;
  /** Name of the table in nftables. */
  readonly table: string;
  /** Whether the node's Pods are isolated as NetworkPolicies say; it takes the right to watch these, Pods and namespaces. */
  readonly networkPolicy: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const LOOPBACK = { IPv4: "127.0.0.1", IPv6: "::1" };

/** Informers see what the proxy cares for only. (cmd/kube-proxy/app/server.go Run) */
const OTHERS = "!service.kubernetes.io/service-proxy-name";
const NOT_HEADLESS = "!service.kubernetes.io/headless";

/** Runs the proxy of one node. Resolves when it has seen the cluster; rules follow at once. */
export async function start(options: ProxyStartOptions): Promise<{ stop(): Promise<void> }> {
  const { clock, random, logger, nodeName = hostname().toLowerCase() } = options;
  if (options.conntrack) setConntrack(options.conntrack, cpus().length, logger);
  const transport = openTransport(await loadKubeconfig(options.kubeconfig), "kube-proxy");
  const client = createClient(transport);
  const recorder = createSeriesRecorder({ client, clock, logger, component: "kube-proxy" });
  const metrics = createProxyMetrics();
  const health = new ProxyHealth(2 * options.syncPeriod);
  const informers = createInformers({ transport, clock, random, logger });
  const watched = watch(informers, nodeName);
  const node = () => watched.nodes?.lister.get(nodeName);

  const settings = (family: Family): RuleSettings => {
    const facts = nodeFacts(node(), nodeName);
    const own = [canonicalAddress(options.bindAddress ?? "") ?? [], facts.addresses].flat();
    const cidrs = watched.serviceCidrs.lister.list().flatMap(({ spec }) => spec?.cidrs ?? []);
    return {
      family,
      table: options.table,
      localTraffic: localTraffic(options.detectLocal, facts.podCidrs, family),
      masqueradeAll: options.masqueradeAll,
      masqueradeMark: 2 ** options.masqueradeBit,
      nodePortAddresses: nodePortAddresses(options.nodePortAddresses, own, family),
      serviceCidrs: cidrs.filter((cidr) => familyOf(cidr) === family).sort(),
      node: facts.node,
      nodeAddress: own.find((address) => familyOf(address) === family) ?? LOOPBACK[family],
    };
  };

  const checks = new ServiceHealthServers({
    hosts: () => settings("IPv4").nodePortAddresses ?? ["0.0.0.0"],
    isProxyHealthy: () => health.report(clock.now()).healthy,
    failed({ namespace, name, port }, error) {
      const service = `${namespace}/${name}`;
      const message = `node ${nodeName} failed to start healthcheck "${service}" on port ${port}: ${error.message}`;
      recorder.event({
        regarding: { apiVersion: "v1", kind: "Service", metadata: { namespace, name } },
        type: "Warning",
        reason: "FailedToStartServiceHealthcheck",
        action: "Listen",
        note: message,
      });
      logger.error({ err: error, service, port }, "health checks of a Service cannot be answered");
    },
  });
  const proxiers = new Map<Family, Proxier>();
  const run = (family: Family) => {
    if (proxiers.has(family)) return;
    health.updated(family, clock.now());
    const proxier = runProxier({
      family,
      services: watched.services,
      slices: watched.slices,
      settings: () => settings(family),
      nft: createNft(),
      conntrack: conntrackProgram,
      metrics,
      clock,
      logger,
      minSyncPeriod: options.minSyncPeriod,
      syncPeriod: options.syncPeriod,
      queued: () => health.queued(family, clock.now()),
      synced(services) {
        health.updated(family, clock.now());
        if (family === "IPv4") checks.sync(services);
      },
    });
    proxiers.set(family, proxier);
  };

  const servers: Listening[] = [];
  const answers = healthAnswers({ health, metrics, clock, isNodeEligible: () => isEligible(node()) });
  if (options.healthz) servers.push(listenWhenPossible(options.healthz, answers, { clock, logger }));
  if (options.metrics) servers.push(listenWhenPossible(options.metrics, metricsAnswers(metrics), { clock, logger }));
  const policies = options.networkPolicy
    ? runPolicies({
        ...options,
        informers: createInformers({ transport, clock, random, logger }),
        node: nodeName,
        nft: createNft(),
      })
    : undefined;
  informers.start();
  await informers.synced();
  run("IPv4");
  // Few clusters have IPv6, and its rules cost as much.
  const considerFamilies = (service: Service) => familiesOf(service).forEach(run);
  watched.services.addHandler({ added: considerFamilies, updated: considerFamilies });
  const again = () => {
    for (const proxier of proxiers.values()) proxier.settingsChanged();
  };
  for (const informer of [watched.nodes, watched.serviceCidrs]) {
    informer?.addHandler({ added: again, updated: again, deleted: again });
  }
  if (nodeName) {
    recorder.event({
      regarding: { apiVersion: "v1", kind: "Node", metadata: { name: nodeName } },
      type: "Normal",
      reason: "Starting",
      action: "StartKubeProxy",
      note: "",
    });
  }
  let stopped: Promise<void> | undefined;
  return {
    stop() {
      stopped ??= (async () => {
        informers.stop();
        await Promise.all([...proxiers.values(), policies].map((each) => each?.stop()));
        await Promise.all(servers.map((server) => server.stop()));
        await checks.stop();
        recorder.stop();
        await transport.close();
      })();
      return stopped;
    },
  };
}

function watch(informers: Informers, nodeName: string) {
  return {
    services: informers.get("v1/services", { labelSelector: OTHERS, fieldSelector: "spec.clusterIP!=None" }),
    slices: informers.get("discovery.k8s.io/v1/endpointslices", { labelSelector: NOT_HEADLESS }),
    serviceCidrs: informers.get("networking.k8s.io/v1/servicecidrs"),
    nodes: nodeName ? informers.get("v1/nodes", { fieldSelector: `metadata.name=${nodeName}` }) : undefined,
  };
}
