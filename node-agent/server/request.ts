import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Client, Clock, Logger } from "../../client/index.ts";
import type { PodWorker } from "../pod-worker.ts";
import type { ProbeMeter } from "../probes/probe-meter.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { isAllowed, requestAttributes } from "./authorize.ts";

export interface KubeletServerOptions {
  readonly nodeName: string;
  readonly address: string;
  /** 0 is any free one. */
  readonly port: number;
  /** PEM. `ca` signs the clients that may connect. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  /** By Pod uid. */
  readonly workers: ReadonlyMap<string, PodWorker>;
  readonly runtime: Runtime;
  /** What probes said. */
  readonly meter: ProbeMeter;
}

/** An answer that is not 200: its text goes to the client as it is. */
export class HttpError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The worker of a Pod. @throws HttpError 404 */
export function findWorker(workers: ReadonlyMap<string, PodWorker>, namespace: string, name: string): PodWorker {
  for (const worker of workers.values()) {
    if (worker.pod.metadata.name === name && worker.pod.metadata.namespace === namespace) return worker;
  }
  throw new HttpError(404, `pod "${name}" not found`);
}

/** @throws HttpError 401 or 403 */
export async function authorize(request: IncomingMessage, url: URL, options: KubeletServerOptions): Promise<void> {
  const socket = request.socket as TLSSocket;
  if (!socket.authorized) throw new HttpError(401, "Unauthorized");
  const { subject } = socket.getPeerCertificate();
  const user = String(subject?.CN ?? "");
  const groups = [subject?.O ?? []].flat().map(String);
  const attributes = requestAttributes(request.method ?? "GET", url.pathname);
  if (await isAllowed(options.client, options.nodeName, { user, groups }, attributes)) return;
  const what = `resource=nodes, subresource(s)=[${attributes.subresources.join(" ")}]`;
  throw new HttpError(403, `Forbidden (user=${user}, verb=${attributes.verb}, ${what})\n`);
}
