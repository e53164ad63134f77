import {
  type Clock,
  connect,
  createClient,
  type Logger,
  loadKubeconfig,
  openTransport,
  type Random,
} from "../client/index.ts";
import { watchCluster } from "./cluster-data.ts";
import type { PodMode } from "./cluster-zone.ts";
import { upstreamName } from "./exchange.ts";
import { serveDnsHealth } from "./health-server.ts";
import { installDns } from "./install.ts";
import { listenDns } from "./listen.ts";
import { createDnsMetrics } from "./metrics.ts";
import { publish } from "./publish.ts";
import { Resolver } from "./resolver.ts";
import { upstreamsOf } from "./upstreams.ts";

/** Begins the user agent. */
const COMPONENT = "coredns";

export interface DnsStartOptions {
  readonly kubeconfig: string;
  /** Where it listens. */
  readonly address: string;
  /** Over UDP and TCP; 0: any that is free. */
  readonly port: number;
  /** Of /health, /ready and /metrics; 0: any that is free. */
  readonly metricsPort: number;
  /** Whether other ports will do when these are taken: the Service leads to any. */
  readonly otherPorts?: boolean;
  /** `cluster.local` */
  readonly domain: string;
  /** Of the cluster's records, in seconds. */
  readonly ttl: number;
  readonly pods: PodMode;
  /** Servers, or files such as /etc/resolv.conf, that know other names. */
  readonly upstreams: readonly string[];
  /** Makes the Service kube-dns at this address lead here. Undefined: no Service is made or looked at. */
  readonly service?: {
    readonly clusterIP: string;
    /** Of one who may make it and the roles of this server; undefined: `kubeconfig`. */
    readonly kubeconfig?: string;
  };
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Runs the cluster's DNS server. Resolves when it has seen the cluster and answers. @throws Error when a port is taken */
export async function start(options: DnsStartOptions): Promise<{ port: number; stop(): Promise<void> }> {
  const { address, clock, random, logger, service } = options;
  if (service) await install(service.kubeconfig ?? options.kubeconfig, service.clusterIP, logger);
  const { transport, informers, onStop, stop } = await connect({ ...options, component: COMPONENT });
  const data = watchCluster(informers, clock, options.pods === "verified");
  try {
    const upstreams = upstreamsOf(options.upstreams).filter((upstream) => {
      const isSelf = upstream.address === address && upstream.port === options.port;
      if (isSelf) logger.error({ upstream: upstreamName(upstream) }, "this server cannot ask itself");
      return !isSelf;
    });
    const metrics = createDnsMetrics(`dns://${address}:${options.port}`);
    const { domain, ttl, pods } = options;
    const resolver = new Resolver({
      ...{ data, domain, ttl, pods, upstreams, clock, random, logger, metrics },
      addresses: [address],
    });
    const onFreePort = async <T>(port: number, listen: (port: number) => Promise<T>): Promise<T> => {
      try {
        return await listen(port);
      } catch (error) {
        if (!options.otherPorts || (error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
        logger.warn({ address, port }, "the port is taken; another one is used");
        return listen(0);
      }
    };
    const listening = await onFreePort(options.port, (port) => listenDns(address, port, resolver));
    onStop(() => listening.stop());
    const isReady = () => data.hasSynced();
    const { registry } = metrics;
    const health = await onFreePort(options.metricsPort, (port) => {
      return serveDnsHealth({ address, port, isReady, registry });
    });
    onStop(() => health.stop());
    void resolver.findLoops();
    informers.start();
    await informers.synced();
    if (service) {
      const { port } = listening;
      const client = createClient(transport);
      const published = publish({ client, informers, clock, logger, address, port, metricsPort: health.port });
      onStop(() => published.stop());
    }
    return { port: listening.port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A cluster whose range does not have the address still has its names. */
async function install(kubeconfig: string, clusterIP: string, logger: Logger): Promise<void> {
  const transport = openTransport(await loadKubeconfig(kubeconfig), COMPONENT);
  try {
    await installDns(createClient(transport), clusterIP);
  } catch (error) {
    logger.error({ err: error, clusterIP }, "the Service kube-dns could not be made");
  } finally {
    await transport.close();
  }
}
