import { readFileSync } from "node:fs";
import { clientCertificate } from "../../pki/authority.ts";
import { kubeconfig } from "../../pki/kubeconfig.ts";
import type { Pki } from "../../pki/pki.ts";
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
export function kubeconfigFor(pki: Pki, server: string, user: KubeconfigUser, now: Date): string {
  const client = clientCertificate(pki.ca, user, now);
  const certificateAuthority = pki.ca.certificate;
  return kubeconfig({ server, certificateAuthority, client, cluster: "inkube", user: user.commonName });
}
