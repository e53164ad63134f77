import { readFileSync } from "node:fs";
import { clientCertificate } from "../../pki/authority.ts";
import type { KeyPair } from "../../pki/certificate.ts";
import { kubeconfig } from "../../pki/kubeconfig.ts";
import type { Pki } from "../../pki/pki.ts";
import { standardRequestHeaders } from "../auth/request-header.ts";
import type { App } from "../http/app.ts";
import { type Listener, listen } from "../http/listen.ts";
import { type ServerSettings, stopTimes } from "./settings.ts";

/** Where to listen. */
export interface Endpoint {
  readonly bindAddress: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Told when a port is taken, of the one that is tried next. */
  readonly onPortTaken?: (port: number, next: number) => void;
}

/** Who a kubeconfig is for. */
export interface KubeconfigUser {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** The common name of the front proxy's certificate. */
const FRONT_PROXY = "front-proxy-client";

/** Serves with the PKI's certificate, or the flags' own. */
export async function listenOnFreePort(
  options: Endpoint,
  app: App,
  pki: Pki,
  settings: ServerSettings,
): Promise<Listener> {
  const { tls, clientCaFile, shutdownSendRetryAfter: listenWhileDraining } = settings;
  const { bindAddress: host, onPortTaken } = options;
  const certificate = tls ? readFileSync(tls.certFile, "utf8") : pki.apiserver.certificate;
  const key = tls ? readFileSync(tls.privateKeyFile, "utf8") : pki.apiserver.key;
  const own = pki.ca.certificate + pki.frontProxyCa.certificate;
  const clientCa = clientCaFile ? own + readFileSync(clientCaFile, "utf8") : own;
  const common = { app, host, certificate, key, clientCa, listenWhileDraining, ...stopTimes(settings) };
  for (let { port } = options; ; port++) {
    try {
      return await listen({ ...common, port });
    } catch (error) {
      // The cast: errors of node:net have a code.
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || port === 0 || port >= 65535) throw error;
      onPortTaken?.(port, port + 1);
    }
  }
}

/** With a new client certificate for the user. */
export const kubeconfigFor = (pki: Pki, server: string, user: KubeconfigUser, now: Date): string =>
  kubeconfigWith(pki, server, user.commonName, clientCertificate(pki.ca, user, now));

/** With the certificate of the front proxy. @returns undefined where `--requestheader-*` says not to believe it */
export function frontProxyKubeconfig(pki: Pki, server: string, { requestHeader }: ServerSettings): string | undefined {
  const { allowedNames, userNameHeaders, groupHeaders } = requestHeader;
  const isAllowed = allowedNames.length === 0 || allowedNames.includes(FRONT_PROXY);
  const { userNameHeaders: users, groupHeaders: groups } = standardRequestHeaders;
  const isHeard =
    users.some((name) => userNameHeaders.includes(name)) && groups.some((name) => groupHeaders.includes(name));
  return isAllowed && isHeard ? kubeconfigWith(pki, server, FRONT_PROXY, pki.frontProxyClient) : undefined;
}

const kubeconfigWith = (pki: Pki, server: string, user: string, client: KeyPair): string =>
  kubeconfig({ server, certificateAuthority: pki.ca.certificate, client, cluster: "inkube", user });
