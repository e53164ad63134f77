import { connect } from "node:net";
import type { Duplex } from "node:stream";
import {
  createInformers,
  type Informers,
  loadKubeconfig,
  openTransport,
  sleep,
  type Transport,
} from "../../../../client/index.ts";
import type { NodeEnvironment } from "../../../connect-node.ts";
import type { Endpoint } from "./endpoint.ts";
import { answerOf, type DnsAnswer, type RecordType } from "./names.ts";
import type { Router } from "./network.ts";
import { SERVICE_INDEXES, type ServiceObjects, SLICE_INDEXES } from "./service-objects.ts";
import { ServiceRoutes } from "./service-routes.ts";

/** The Service of the API server, whose endpoints are the only ones that are no Pods of ours. */
const API_SERVICE = "default/kubernetes";
/** Who asks first waits for the first lists, but no longer than this, in ms. */
const PATIENCE = 10_000;

export interface ClusterView extends Router {
  /** What the cluster's DNS says. @param name absolute, ending in a dot */
  query(name: string, type: RecordType): Promise<DnsAnswer>;
  stop(): Promise<void>;
}

/**
 * The Services of the cluster as simulated Pods see them: kube-proxy and DNS in one. Nothing is asked of the API server
 * until a Pod wants to go anywhere by Service or by name: most never do.
 */
export function clusterView(kubeconfig: string, domain: string, environment: NodeEnvironment): ClusterView {
  const { clock, random, logger } = environment;
  const routes = new ServiceRoutes({ clock, random });
  let opened: Promise<Opened> | undefined;

  const objects = async (): Promise<Opened> => {
    opened ??= open(kubeconfig, environment);
    opened.catch((error: unknown) => {
      logger.warn({ err: error }, "Services cannot be watched for simulated Pods");
      opened = undefined;
    });
    return opened;
  };
  return {
    async route(traffic) {
      const view = await objects();
      if (isApiServer(traffic.to, view)) return { open: view.dialServer };
      const found = routes.route(traffic, view);
      if (!found) return undefined;
      const { metadata } = found.service;
      // The address it announces need not be one that it listens on, so the way is the one that this process takes.
      if (`${metadata.namespace}/${metadata.name}` === API_SERVICE) return { open: view.dialServer };
      return found.to;
    },
    async query(name, type) {
      return answerOf(name, type, domain, await objects());
    },
    async stop() {
      const view = await opened?.catch(() => undefined);
      view?.informers.stop();
      await view?.transport.close();
    },
  };
}

/** Its own address, as its endpoints and the keys' address of its discovery document say it. */
const isApiServer = ({ address, port }: Endpoint, { slices }: ServiceObjects) =>
  slices
    .by("service", API_SERVICE)
    .some(
      ({ endpoints, ports }) =>
        ports?.some((each) => each.port === port) && endpoints?.some(({ addresses }) => addresses?.includes(address)),
    );

interface Opened extends ServiceObjects {
  readonly informers: Informers;
  readonly transport: Transport;
  dialServer(): Promise<Duplex>;
}

async function open(kubeconfig: string, { clock, random, logger }: NodeEnvironment): Promise<Opened> {
  const connection = await loadKubeconfig(kubeconfig);
  const transport = openTransport(connection, "kube-proxy", 1);
  const informers = createInformers({ transport, clock, random, logger });
  const services = informers.get("v1/services");
  const slices = informers.get("discovery.k8s.io/v1/endpointslices");
  for (const [name, values] of Object.entries(SERVICE_INDEXES)) services.addIndex(name, values);
  for (const [name, values] of Object.entries(SLICE_INDEXES)) slices.addIndex(name, values);
  informers.start();
  const late = new AbortController();
  const listed = await Promise.race([
    informers.synced().then(() => true),
    sleep(clock, PATIENCE, late.signal).then(() => false),
  ]);
  late.abort();
  if (!listed) {
    const missing = informers.pending().join(", ");
    informers.stop();
    await transport.close();
    throw new Error(`no list of ${missing} after ${PATIENCE / 1000} s`);
  }
  const { hostname, port } = new URL(connection.server);
  return {
    services: services.lister,
    slices: slices.lister,
    informers,
    transport,
    dialServer: () => dialTcp(hostname.replace(/^\[|\]$/g, ""), Number(port || 443)),
  };
}

function dialTcp(host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}
