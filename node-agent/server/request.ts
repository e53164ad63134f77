import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { ApiObject, Client, Clock, Logger } from "../../client/index.ts";
import type { TokenReview } from "../../openapi/api/authentication.k8s.io.v1.ts";
import type { PodWorker } from "../pod-worker.ts";
import type { ProbeMeter } from "../probes/probe-meter.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { isAllowed, requestAttributes } from "./authorize.ts";

export interface KubeletServerOptions {
  readonly nodeName: string;
  /** How many Pods the node takes. */
  readonly maxPods: number;
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

interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Who shows a certificate, or a token that the API server knows. @throws HttpError 401 */
export async function authenticate(request: IncomingMessage, client: Client): Promise<Identity> {
  const socket = request.socket as TLSSocket;
  if (socket.authorized) {
    const { subject } = socket.getPeerCertificate();
    return { user: String(subject?.CN ?? ""), groups: [subject?.O ?? []].flat().map(String) };
  }
  const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token) {
    const review = await client.create("authentication.k8s.io/v1/tokenreviews", {
      ...{ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", metadata: {}, spec: { token } },
    } as ApiObject);
    const { status } = review as unknown as TokenReview;
    if (status?.authenticated) return { user: status.user?.username ?? "", groups: status.user?.groups ?? [] };
  }
  throw new HttpError(401, "Unauthorized");
}

/** @throws HttpError 401 or 403 */
export async function authorize(request: IncomingMessage, url: URL, options: KubeletServerOptions): Promise<void> {
  const { user, groups } = await authenticate(request, options.client);
  const attributes = requestAttributes(request.method ?? "GET", url.pathname);
  if (await isAllowed(options.client, options.nodeName, { user, groups }, attributes)) return;
  const what = `resource=nodes, subresource(s)=[${attributes.subresources.join(" ")}]`;
  throw new HttpError(403, `Forbidden (user=${user}, verb=${attributes.verb}, ${what})\n`);
}
