import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { createAuthenticator } from "./auth/authentication.ts";
import { createAuthorization } from "./auth/authorization.ts";
import { ensureBootstrapPolicy } from "./auth/bootstrap-policy/reconcile.ts";
import { clientCertificate } from "./auth/pki/authority.ts";
import { certificateChecks } from "./auth/pki/checks.ts";
import { kubeconfig } from "./auth/pki/kubeconfig.ts";
import { ensurePki, type Pki } from "./auth/pki/pki.ts";
import { standardRequestHeaders } from "./auth/request-header.ts";
import { tokenIssuer } from "./auth/service-account/token-issuer.ts";
import { type App, createApp } from "./http/app.ts";
import { DEFAULTS } from "./http/app-options.ts";
import { type Listener, listen } from "./http/listen.ts";
import type { GroupResource } from "./meta/errors.ts";
import { bootstrap } from "./registry/bootstrap/bootstrap.ts";
import type { AdmissionChain } from "./registry/generic/environment.ts";
import { expiredObject } from "./registry/generic/expired.ts";
import { ServerRegistry } from "./registry/registry.ts";
import type { Services } from "./registry/services.ts";
import { objectWriter, serverScope } from "./registry/writer.ts";
import { healthChecks } from "./start/health.ts";
import { systemClock } from "./storage/clock.ts";
import { openStorage } from "./storage/open.ts";

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
}

/** A running API server. */
export interface Server {
  /** `https://127.0.0.1:6443` */
  readonly url: string;
  readonly port: number;
  /** A kubeconfig with a new client certificate for this user. */
  kubeconfig(user: { readonly commonName: string; readonly organizations: readonly string[] }): string;
  /** Waits for requests in flight, then releases everything in reverse order. Idempotent. */
  stop(): Promise<void>;
}

/** First address of the service range 10.96.0.0/16. */
const SERVICE_ADDRESS = "10.96.0.1";
/** Who may be the front proxy. (`--requestheader-allowed-names`) */
const FRONT_PROXY_NAMES: readonly string[] = ["front-proxy-client"];
const ISSUER = "https://kubernetes.default.svc.cluster.local";
const DRAIN_MILLISECONDS = 900;

/** kube-apiserver: storage → registry → authentication and authorization → HTTP → bootstrap → ready. */
export async function start(options: StartOptions): Promise<Server> {
  const now = () => new Date();
  const release: (() => unknown)[] = [];
  const stop = once(() => releaseAll(release));
  try {
    const pki = ensurePki(join(options.dataDir, "pki"), { serverNames: namesOf(options.bindAddress), now: now() });
    const storage = await openStorage(options.storage, {
      durability: options.durability,
      encodeExpired: expiredObject,
    });
    release.push(() => storage.stop());

    const services = {} as Mutable<Services>; // filled in below, before the first request
    const registry = new ServerRegistry({
      storage,
      admission: NO_ADMISSION,
      random: Math.random,
      clock: systemClock,
      services,
    });
    release.push(() => registry.stop());

    const authorization = createAuthorization({ modes: ["Node", "RBAC"], watch: registry.watch, webhook: undefined });
    release.push(() => authorization.stop());
    const { authorizer } = authorization;
    const authenticator = createAuthenticator({
      loopbackToken: crypto.randomUUID(),
      clientAuthorities: [pki.ca.parsed],
      requestHeader: {
        ...standardRequestHeaders,
        authorities: [pki.frontProxyCa.parsed],
        allowedNames: FRONT_PROXY_NAMES,
      },
      tokens: undefined,
      serviceAccountIssuers: [ISSUER],
      serviceAccountKeys: pki.serviceAccountKey.then((key) => [key]),
      onLegacyTokenUse: () => undefined,
      bootstrapTokens: true,
      remote: [],
      anonymous: true,
      apiAudiences: [ISSUER],
      reader: registry.reader,
      now,
    });
    Object.assign(services, {
      authorizer,
      authenticator,
      ruleResolver: authorization.ruleResolver,
      escalation: authorization.escalation,
      apiAudiences: [ISSUER],
      certificates: certificateChecks,
      tokenIssuer: tokenIssuer({
        issuer: ISSUER,
        maxExpirationSeconds: 0,
        extendExpiration: true,
        key: pki.serviceAccountKey,
        newId: () => crypto.randomUUID(),
      }),
    } satisfies Services);

    const state = { bootstrapped: false, stopping: false };
    let port = options.port;
    const app = createApp({
      ...DEFAULTS,
      registry,
      authenticator,
      authorizer,
      now,
      random: Math.random,
      newId: () => crypto.randomUUID(),
      connectors: [],
      healthChecks: healthChecks(state),
      serverAddress: () => `${advertised(options.bindAddress)}:${port}`,
      routes: [],
      onPanic: (error, path) => console.error(path, error),
      countObjects: (prefix) => storage.count(prefix),
    });
    const listener = await listenOnFreePort(options, app, pki);
    port = listener.address.port;
    release.push(() => {
      state.stopping = true;
      return listener.stop();
    });

    await bootstrap(
      (resource) => registry.contextOf(resource),
      {
        now: now(),
        advertiseAddress: advertised(options.bindAddress),
        port,
        serviceAddress: SERVICE_ADDRESS,
        hostname: hostname(),
        identity: crypto.randomUUID(),
        clientCa: pki.ca.certificate,
        requestHeaderCa: pki.frontProxyCa.certificate,
        requestHeaderNames: FRONT_PROXY_NAMES,
      },
      [],
    );
    const find = (resource: GroupResource) => registry.storeOf(resource);
    await ensureBootstrapPolicy(
      registry.reader,
      objectWriter(find, () => serverScope(now())),
    );
    state.bootstrapped = true;

    const host = options.bindAddress === "0.0.0.0" ? "127.0.0.1" : options.bindAddress;
    const url = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
    return { url, port, kubeconfig: (user) => kubeconfigFor(pki, url, user, now()), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Until there are plugins. */
const NO_ADMISSION: AdmissionChain = { admit: async () => undefined, validate: async () => undefined };

async function listenOnFreePort(options: StartOptions, app: App, pki: Pki): Promise<Listener> {
  const { bindAddress: host, onPortTaken } = options;
  for (let { port } = options; ; port++) {
    try {
      return await listen({
        app,
        host,
        port,
        certificate: pki.apiserver.certificate,
        key: pki.apiserver.key,
        clientCa: pki.ca.certificate + pki.frontProxyCa.certificate,
        drainMilliseconds: DRAIN_MILLISECONDS,
      });
    } catch (error) {
      // The cast: errors of node:net have a code.
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || port === 0 || port >= 65535) throw error;
      onPortTaken?.(port, port + 1);
    }
  }
}

function kubeconfigFor(
  pki: Pki,
  server: string,
  user: { readonly commonName: string; readonly organizations: readonly string[] },
  now: Date,
): string {
  const client = clientCertificate(pki.ca, user, now);
  return kubeconfig({
    server,
    certificateAuthority: pki.ca.certificate,
    client,
    cluster: "inkube",
    user: user.commonName,
  });
}

/** Where Pods find a server that listens here: this machine's first address, when it may be reached from outside. */
function advertised(bindAddress: string): string {
  if (bindAddress !== "0.0.0.0" && !bindAddress.startsWith("127.") && bindAddress !== "::") return bindAddress;
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}

function namesOf(bindAddress: string): string[] {
  return [...new Set([advertised(bindAddress), ...(bindAddress === "0.0.0.0" ? [] : [bindAddress])])];
}

function once(run: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= run();
    return done;
  };
}

/** In reverse order; one that fails does not keep the others from running. */
async function releaseAll(release: readonly (() => unknown)[]): Promise<void> {
  for (const step of [...release].reverse()) {
    try {
      await step();
    } catch (error) {
      console.error(error);
    }
  }
}
