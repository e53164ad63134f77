import { hostname } from "node:os";
import { join } from "node:path";
import { ensurePki } from "../pki/pki.ts";
import type { PluginSelection } from "./admission/plugins.ts";
import { webhookClient } from "./admission/webhook/client.ts";
import { clusterAddress } from "./admission/webhook/service-resolver.ts";
import { openIdDocuments } from "./auth/service-account/openid-metadata.ts";
import { startExtensions } from "./extensions/start.ts";
import { createApp } from "./http/app.ts";
import { DEFAULTS } from "./http/app-options.ts";
import { createConnectors } from "./http/connectors/connectors.ts";
import { serviceDialer } from "./http/connectors/service-network.ts";
import { openApiRoutes } from "./http/routes/openapi.ts";
import { identityLeaseName } from "./registry/bootstrap/cluster.ts";
import type { AdmissionChain } from "./registry/generic/environment.ts";
import { lastState } from "./registry/generic/last-state.ts";
import { ServerRegistry } from "./registry/registry.ts";
import type { Services } from "./registry/services.ts";
import { advertisedAddress, serverNames, urlHost } from "./start/address.ts";
import { createAdmission } from "./start/admission.ts";
import { apiServiceStates } from "./start/api-service-states.ts";
import { startAuditLog } from "./start/audit.ts";
import { serviceAccountKeys } from "./start/authentication.ts";
import { startDocuments } from "./start/documents.ts";
import { startEncryption } from "./start/encryption.ts";
import { startFlowControl } from "./start/flow-control.ts";
import { healthChecks } from "./start/health.ts";
import { frontProxyKubeconfig, type KubeconfigUser, kubeconfigFor, listenOnFreePort } from "./start/listener.ts";
import { keepOwnObjects } from "./start/own-objects.ts";
import { Releases } from "./start/releases.ts";
import { requestLog } from "./start/request-log.ts";
import { serverMetrics } from "./start/server-metrics.ts";
import { firstServiceAddress } from "./start/service-range.ts";
import { startServices } from "./start/services.ts";
import { DEFAULT_SETTINGS, type ServerSettings } from "./start/settings.ts";
import { systemClock } from "./storage/clock.ts";
import { openStorage } from "./storage/open.ts";
import { storageBytes, valueBytes } from "./storage/size.ts";

export interface StartOptions {
  /** Folder of everything that is kept: keys and, by default, the database. */
  readonly dataDir: string;
  /** `memory:` or `sqlite:PATH`. */
  readonly storage: string;
  readonly durability: "full" | "relaxed";
  readonly bindAddress: string;
  /** 0 picks a free one; a taken one is replaced by the next free one, and `onPortTaken` is told. */
  readonly port: number;
  readonly onPortTaken?: (port: number, next: number) => void;
  readonly logLevel: string;
  /** `--enable-admission-plugins` and `--disable-admission-plugins`. */
  readonly admissionPlugins: PluginSelection;
  /** Provisioner of a default StorageClass `standard`, made at start where it lacks; absent: there is none. */
  readonly defaultProvisioner?: string;
  /** What other flags of kube-apiserver say; what is left out is as DEFAULT_SETTINGS. */
  readonly settings?: Partial<ServerSettings>;
}

/** A running API server. */
export interface Server {
  /** `https://127.0.0.1:6443` */
  readonly url: string;
  readonly port: number;
  /** A kubeconfig with a new client certificate for this user. */
  kubeconfig(user: KubeconfigUser): string;
  /** A kubeconfig of the server's own front proxy, which may say that a request is from anybody; see `Transport.as`. */
  frontProxyKubeconfig(): string | undefined;
  /** Waits for requests in flight, then releases everything in reverse order. Idempotent. */
  stop(): Promise<void>;
}

/** --kubelet-preferred-address-types, as kubeadm sets it: names of nodes need not resolve. */
const KUBELET_ADDRESS_TYPES: readonly string[] = ["InternalIP", "ExternalIP", "Hostname"];

/** kube-apiserver: storage → registry → authentication and authorization → HTTP → bootstrap → ready. */
export async function start(options: StartOptions): Promise<Server> {
  const now = () => new Date();
  const startedAt = performance.now();
  const releases = new Releases(console.error);
  if (!options.dataDir) throw new Error("dataDir is empty: it would be the current folder, and holds private keys");
  try {
    const { bindAddress } = options;
    const settings: ServerSettings = { ...DEFAULT_SETTINGS, ...options.settings };
    const serviceAddress = firstServiceAddress(settings.serviceClusterIpRange);
    const names = [...serverNames(bindAddress), serviceAddress];
    const pki = ensurePki(join(options.dataDir, "pki"), { serverNames: names, now: now() });
    const tokenKeys = serviceAccountKeys(pki, settings);
    const audit = await startAuditLog(settings, now);
    if (audit) releases.add(() => audit.stop());

    const { durability } = options;
    const serverId = identityLeaseName(hostname());
    const files = { settings, serverId, clock: systemClock, now, onError: console.error };
    const encryption = await startEncryption(files);
    releases.add(() => encryption.stop());
    const storage = await openStorage(options.storage, {
      durability,
      encodeExpired: ({ value, revision: last }, revision) => lastState(value, last, revision),
      transformer: encryption.transformer,
    });
    releases.add(() => storage.stop());

    const services = {} as Mutable<Services>; // filled in below, before the first request
    const { eventTtlSeconds, serviceNodePortRange: nodePorts } = settings;
    const metrics = serverMetrics();
    const common = {
      observer: metrics.storage,
      allocationObserver: metrics.allocation,
      storage,
      random: Math.random,
      clock: systemClock,
      services,
      eventTtlSeconds,
      nodePorts,
    };
    const admission: Mutable<AdmissionChain> = { ...NO_ADMISSION }; // the plugins read through the registry: set below
    const registry = new ServerRegistry({ ...common, admission });
    releases.add(() => registry.stop());

    const { watch, reader } = registry;
    const onStop = (release: () => void) => releases.add(release);
    const running = await startServices({ ...files, pki, tokenKeys, newId, registry, metrics, onStop });
    const { authentication, authorization } = running;
    const { authorizer, authenticator, writer } = Object.assign(services, running.services);
    const kubelets = {
      reader,
      preferredAddressTypes: KUBELET_ADDRESS_TYPES,
      tls: { cert: pki.apiserverKubeletClient.certificate, key: pki.apiserverKubeletClient.key },
    };
    const dialService = serviceDialer({ ...kubelets, random: Math.random });
    Object.assign(
      admission,
      createAdmission({
        registry,
        writer,
        authorizer,
        selection: options.admissionPlugins,
        now,
        random: Math.random,
        newId,
        observer: metrics.admission,
        podSecurityObserver: metrics.podSecurity,
        onStop,
        dialService,
      }),
    );

    const conversions = webhookClient(clusterAddress(reader), dialService);
    releases.add(() => conversions.stop());
    const extensions = startExtensions({
      registry,
      writer,
      storage,
      clock: systemClock,
      client: conversions,
      ruleObserver: metrics.rules,
      now,
      newId,
      onError: console.error,
    });
    releases.add(() => extensions.stop());

    let invalidateDiscovery = (): void => undefined; // until there is an app
    const { documents, aggregator } = startDocuments({
      registry,
      writer,
      customSchema: (kind) => extensions.customSchema(kind),
      client: { cert: pki.frontProxyClient.certificate, key: pki.frontProxyClient.key },
      now,
      onRemoteGroups: () => invalidateDiscovery(),
      onStop,
      observeQueue: (name) => metrics.workQueues.queue(name),
    });
    const { flowControl, stop: stopFlowControl } = startFlowControl({
      settings,
      watch,
      storage,
      kindOf: (resource) => registry.storeOf(resource)?.kind,
    });
    releases.add(stopFlowControl);
    const state = { bootstrapped: false, stopping: false };
    let port = 0;
    const serverAddress = () => `${advertisedAddress(bindAddress)}:${port}`;
    const log = await requestLog(options.logLevel);
    const app = createApp({
      ...DEFAULTS,
      maxRequestsInFlight: settings.maxRequestsInFlight,
      maxMutatingRequestsInFlight: settings.maxMutatingRequestsInFlight,
      requestTimeoutMilliseconds: settings.requestTimeoutMilliseconds,
      minRequestTimeoutSeconds: settings.minRequestTimeoutSeconds,
      corsAllowedOrigins: settings.corsAllowedOrigins,
      hstsDirectives: settings.hstsDirectives,
      goawayChance: settings.goawayChance,
      shutdownSendRetryAfter: settings.shutdownSendRetryAfter,
      flags: settings.flags,
      ...(audit && { audit }),
      ...(log && { log }),
      registry,
      authenticator,
      authorizer,
      now,
      random: Math.random,
      newId,
      connectors: createConnectors({
        ...kubelets,
        admission,
        random: Math.random,
      }),
      healthChecks: healthChecks(state, {
        priorityAndFairness: flowControl !== undefined,
        reloadsEncryption: settings.encryptionProviderConfigAutomaticReload,
        databaseFailure: () => storage.failure,
        checkPlugins: encryption.checkPlugins,
        isInGrace: () => performance.now() - startedAt < settings.livezGraceMilliseconds,
      }),
      serverAddress,
      aggregator: aggregator.handle,
      remoteGroups: aggregator.groups,
      openId: openIdDocuments({
        issuer: settings.serviceAccountIssuers[0] ?? "",
        jwksUri: "",
        serverAddress,
        keys: tokenKeys.verifying,
      }),
      routes: openApiRoutes(documents, now),
      onPanic: (error, path) => console.error(path, error),
      history: () => ({ revision: storage.revision, length: storage.revision - storage.compactedRevision }),
      apiServices: () => apiServiceStates(reader),
      serviceUsage: () => registry.serviceUsage(),
      countObjects: (prefix) => storage.count(prefix),
      countBytes: (prefix) => valueBytes(storage, prefix),
      storageBytes: () => storageBytes(options.storage, storage),
      securityMetrics: metrics.security,
      impersonationMetrics: metrics.impersonation,
      workQueues: () => metrics.workQueues.states(),
      ...(flowControl && { flowControl }),
      series: [
        ...metrics.series,
        ...authentication.series,
        ...authorization.series,
        ...encryption.series,
        ...(flowControl?.series ?? []),
      ],
    });
    invalidateDiscovery = () => app.invalidateDiscovery();
    const listener = await listenOnFreePort(options, app, pki, settings);
    port = listener.address.port;
    releases.add(() => listener.stop());

    await keepOwnObjects({
      ...files,
      registry,
      writer,
      pki,
      address: { advertiseAddress: advertisedAddress(bindAddress), port, serviceAddress },
      newId,
      defaultProvisioner: options.defaultProvisioner,
      flowSchemaObserver: flowControl && metrics.workQueues.queue("priority_and_fairness_config_queue"),
      onStop,
    });
    state.bootstrapped = true;

    let stopped: Promise<void> | undefined;
    const stop = async () => {
      state.stopping = true; // balancers that ask /readyz send no more; what they send meanwhile is served
      const { shutdownDelayMilliseconds: delay } = settings;
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
      await releases.all();
    };
    const url = `https://${urlHost(bindAddress)}:${port}`;
    return {
      url,
      port,
      kubeconfig: (user) => kubeconfigFor(pki, url, user, now()),
      frontProxyKubeconfig: () => frontProxyKubeconfig(pki, url, settings),
      stop() {
        stopped ??= stop();
        return stopped;
      },
    };
  } catch (error) {
    await releases.all();
    throw error;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const newId = () => crypto.randomUUID();

/** Until the plugins are there. */
const NO_ADMISSION: AdmissionChain = { admit: async () => undefined, validate: async () => undefined };
