import { isIPv6 } from "node:net";
import {
  type ApiObject,
  type Client,
  type Clock,
  type Informers,
  isNotFound,
  type Logger,
  sleep,
} from "../client/index.ts";
import type { EndpointSlice } from "../openapi/api/discovery.k8s.io.v1.ts";
import { NAMESPACE, SERVICE } from "./install.ts";

const SLICES = "discovery.k8s.io/v1/endpointslices";
/** Who keeps a slice; nobody else may touch it. */
const MANAGER = "dns.inkube.dev";
/** Pause after a write that failed, in ms. */
const RETRY = 1_000;

export interface PublishOptions {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly address: string;
  readonly port: number;
  readonly metricsPort: number;
}

/**
 * Keeps an EndpointSlice that says where this server is, so that the Service leads to it: several servers have one
 * each. A Service with a selector is left to whoever made it. @returns takes the slice away again
 */
export function publish(options: PublishOptions): { stop(): Promise<void> } {
  const { client, informers, clock, logger } = options;
  const wanted = sliceOf(options);
  const name = wanted.metadata.name ?? "";
  const where = { name, namespace: NAMESPACE };
  const slices = informers.get(SLICES);
  const services = informers.get("v1/services");
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const isMine = ({ metadata }: ApiObject) => metadata.namespace === NAMESPACE && metadata.name === name;
  const isOurService = ({ metadata }: ApiObject) => metadata.namespace === NAMESPACE && metadata.name === SERVICE;
  const isRight = (found: EndpointSlice | undefined) =>
    found !== undefined && JSON.stringify(essence(found)) === JSON.stringify(essence(wanted));

  const reconcile = async () => {
    while (!stopping.signal.aborted) {
      const service = services.lister.get(`${NAMESPACE}/${SERVICE}`);
      if (!service || service.spec.selector || isRight(slices.lister.get(`${NAMESPACE}/${name}`))) return;
      try {
        // Whole and by force: what somebody else has put there is wrong.
        await client.patch(SLICES, where, wanted, { type: "apply", fieldManager: MANAGER, force: true });
        return;
      } catch (error) {
        logger.warn({ err: error }, "saying where this server is failed; trying again");
        await sleep(clock, RETRY, stopping.signal);
      }
    }
  };
  const look = () => {
    running = running.then(reconcile);
  };
  slices.addHandler({
    updated: (slice) => isMine(slice) && look(),
    deleted: (slice) => isMine(slice) && look(),
  });
  services.addHandler({
    added: (service) => isOurService(service) && look(),
    updated: (service) => isOurService(service) && look(),
  });
  look();
  return {
    async stop() {
      stopping.abort();
      await running;
      await client.delete(SLICES, where).catch((error: unknown) => {
        if (!isNotFound(error)) logger.warn({ err: error }, "the slice of this server could not be taken away");
      });
    },
  };
}

const essence = ({ addressType, endpoints, ports, metadata }: EndpointSlice) => ({
  addressType,
  endpoints: (endpoints ?? []).map(({ addresses, conditions }) => ({ addresses, ready: conditions?.ready })),
  ports: ports?.map((port) => ({ name: port.name, port: port.port, protocol: port.protocol })),
  labels: Object.entries(metadata.labels ?? {}).sort(),
});

function sliceOf({ address, port, metricsPort }: PublishOptions): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${SERVICE}-${address.replaceAll(/[.:]+/g, "-")}`,
      namespace: NAMESPACE,
      labels: {
        "k8s-app": SERVICE,
        "kubernetes.io/service-name": SERVICE,
        "endpointslice.kubernetes.io/managed-by": MANAGER,
      },
    },
    addressType: isIPv6(address) ? "IPv6" : "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true, serving: true, terminating: false } }],
    ports: [
      { name: "dns", port, protocol: "UDP" },
      { name: "dns-tcp", port, protocol: "TCP" },
      { name: "metrics", port: metricsPort, protocol: "TCP" },
    ],
  };
}
