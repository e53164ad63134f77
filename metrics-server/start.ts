import {
  type Clock,
  type Connected,
  connect,
  createAuthenticator,
  createAuthorizer,
  createClient,
  type Logger,
  OPEN_PATHS,
  type Random,
  serviceAccountClients,
  trustFrom,
} from "../client/index.ts";
import { selfSignedCertificate } from "../pki/self-signed.ts";
import { openApiDocuments } from "./documents.ts";
import { install, isTaken, NAME, NAMESPACE, SERVER_NAME, untilAvailable } from "./install.ts";
import { createOwnMetrics } from "./own-metrics.ts";
import { createReader } from "./reader.ts";
import { createScraper } from "./scraper.ts";
import { serveMetrics } from "./server.ts";

export interface MetricsServerStartOptions {
  /** Of somebody who may register APIs; what is done afterwards is done as a service account of its own. */
  readonly kubeconfig: string;
  /** Address to listen on and to be reached at by the API server. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** How long a start waits for the API server to see us, in ms. */
const PATIENCE = 10_000;
const AUTHENTICATION = "extension-apiserver-authentication";

/**
 * Serves metrics.k8s.io, which kubectl top and autoscalers ask, from what nodes say at /metrics/resource. It talks to
 * the API server alone. Resolves when it can be asked; where another metrics server is, it does nothing.
 */
export async function start(options: MetricsServerStartOptions): Promise<{ stop(): Promise<void> }> {
  const connected = await connect({ ...options, component: NAME });
  try {
    await serve(options, connected);
    return connected;
  } catch (error) {
    await connected.stop();
    throw error;
  }
}

async function serve({ clock, logger, host, port }: MetricsServerStartOptions, connected: Connected): Promise<void> {
  const { connection, transport, informers, onStop } = connected;
  const installer = createClient(transport);
  if (await isTaken(installer)) {
    logger.info("another metrics server is registered: not taking its place");
    return;
  }
  const accounts = serviceAccountClients({
    client: installer,
    connection,
    clock,
    namespace: NAMESPACE,
    component: NAME,
  });
  onStop(() => accounts.close());
  const client = accounts.client(NAME);
  const settings = informers.get("v1/configmaps", {
    namespace: NAMESPACE,
    fieldSelector: `metadata.name=${AUTHENTICATION}`,
  });
  informers.start();
  await informers.synced();
  const trust = () => {
    const found = settings.lister.get(`${NAMESPACE}/${AUTHENTICATION}`);
    if (!found) throw new Error(`configmap ${NAMESPACE}/${AUTHENTICATION} not found`);
    return trustFrom(found);
  };
  const { certificate, key } = selfSignedCertificate(SERVER_NAME, [host], clock.now());
  const metrics = createOwnMetrics();
  let documents: ReadonlyMap<string, object> | undefined;
  const server = await serveMetrics({
    host,
    port,
    certificate,
    key,
    trust: trust(),
    reader: createReader(client, createScraper(client.transport, { clock, logger, metrics }), { clock, metrics }),
    logger,
    metrics,
    documents: () => {
      documents ??= openApiDocuments();
      return documents;
    },
    authenticate: createAuthenticator(client, clock),
    authorize: createAuthorizer(client, clock, OPEN_PATHS),
  });
  onStop(() => server.stop());
  settings.addHandler({ updated: () => server.trust(trust()) });
  await install(installer, { host, port: server.port, ca: certificate });
  if (!(await untilAvailable(installer, clock, PATIENCE))) logger.warn("the API server does not reach us yet");
}
