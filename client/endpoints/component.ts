import { createClient } from "../client.ts";
import type { Clock, Random } from "../clock.ts";
import { createAuthenticator } from "../delegated/authenticate.ts";
import { createAuthorizer } from "../delegated/authorize.ts";
import { trustFrom } from "../delegated/front-proxy.ts";
import { createInformers } from "../informers.ts";
import { createLifetime } from "../lifetime.ts";
import type { Logger } from "../logger.ts";
import type { Transport } from "../transport.ts";
import { type CertificateSource, servingCertificate } from "./certificate.ts";
import { type EndpointContents, serveEndpoints } from "./server.ts";

/** Where a component is asked how it is. */
export interface EndpointAddress {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Nobody has asked for this very port: a component does without when it is taken. */
  readonly isOptional: boolean;
  readonly certificate: CertificateSource;
  /** As --authorization-always-allow-paths. */
  readonly openPaths: readonly string[];
}

export interface ComponentEndpointsOptions {
  readonly address: EndpointAddress;
  /** Name of the component, and of its certificate's files. */
  readonly component: string;
  readonly contents: EndpointContents;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const NAMESPACE = "kube-system";
const AUTHENTICATION = "extension-apiserver-authentication";

/**
 * Serves a component's endpoints from before it has seen the cluster. Who may ask is for the API server to say; while it
 * cannot be asked, certificates of clients count nothing. (--authentication-tolerate-lookup-failure)
 * @returns undefined when the port is optional and taken
 */
export async function serveComponent(
  options: ComponentEndpointsOptions,
): Promise<{ readonly port: number; stop(): Promise<void> } | undefined> {
  const { address, component, contents, transport, clock, random, logger } = options;
  const { host, port } = address;
  const client = createClient(transport);
  const certificate = await servingCertificate({
    ...address.certificate,
    component,
    host,
    now: clock.now(),
    logger,
  });
  const lifetime = createLifetime(logger);
  try {
    const server = await serveEndpoints({
      host,
      port,
      certificate,
      contents,
      authenticate: createAuthenticator(client, clock),
      authorize: createAuthorizer(client, clock, address.openPaths),
      logger,
    });
    lifetime.onStop(() => server.stop());
    const informers = createInformers({ transport, clock, random, logger });
    lifetime.onStop(() => informers.stop());
    const believe = (settings: Parameters<typeof trustFrom>[0]) => {
      try {
        server.trust(trustFrom(settings));
      } catch (error) {
        logger.warn({ err: error }, "clients' certificates are believed as before");
      }
    };
    informers
      .get("v1/configmaps", { namespace: NAMESPACE, fieldSelector: `metadata.name=${AUTHENTICATION}` })
      .addHandler({ added: believe, updated: believe });
    informers.start();
    return { port: server.port, stop: lifetime.stop };
  } catch (error) {
    await lifetime.stop();
    const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
    if (!isTaken) throw error;
    if (!address.isOptional)
      throw new Error(`failed to create listener: failed to listen on ${host}:${port}: address already in use`);
    logger.warn({ port }, "the port of /healthz and /metrics is taken: doing without them");
    return undefined;
  }
}
