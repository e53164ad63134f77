import { rootCertificates } from "node:tls";
import type { APIService } from "../../openapi/api/apiregistration.k8s.io.v1.ts";
import type { Service } from "../../openapi/api/core.v1.ts";
import type { ObjectReader } from "../admission/plugin.ts";
import type { UserInfo } from "../auth/authenticator.ts";
import { ask, authorityOf, type Backend, dialTcp, secure } from "../http/connectors/backend.ts";

/** The front proxy's certificate: what aggregated servers know us by. PEM. */
export interface FrontProxyClient {
  readonly cert: string;
  readonly key: string;
}

const DEFAULT_PORT = 443;
/** OpenAPI documents of whole servers are the longest that are asked for. */
const MAX_BYTES = 32 * 1024 * 1024;

/** The server behind an APIService, reached at its Service's own address. (apiserver/pkg/util/proxy ResolveCluster) */
export function remoteServer({ spec }: Readonly<APIService>, reader: ObjectReader, client: FrontProxyClient): Backend {
  const { namespace = "", name = "", port = DEFAULT_PORT } = spec.service ?? {};
  const serverName = `${name}.${namespace}.svc`;
  const trusted = spec.caBundle ? Buffer.from(spec.caBundle, "base64").toString() : rootCertificates.join("\n");
  return {
    scheme: "https",
    authority: authorityOf(serverName, port),
    async connect() {
      const service = reader.get<Service>({ group: "", resource: "services" }, namespace, name);
      if (!service) throw new Error(`service ${JSON.stringify(name)} not found`);
      const { type, clusterIP = "", externalName = "" } = service.spec;
      const socket = await dialTcp(type === "ExternalName" ? externalName : clusterIP, port);
      return secure(socket, serverName, { ...client, ...(!spec.insecureSkipTLSVerify && { ca: trusted }) });
    },
  };
}

/** Headers that tell an aggregated server who asks, name and value in turn. */
export function identityHeaders({ name, uid, groups, extra = {} }: UserInfo): string[] {
  return [
    ...["X-Remote-User", name],
    ...(uid ? ["X-Remote-Uid", uid] : []),
    ...groups.flatMap((group) => ["X-Remote-Group", group]),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.flatMap((value) => [`X-Remote-Extra-${encodeURIComponent(key)}`, value]),
    ),
  ];
}

/** Of a document. `etag` as the header has it; empty where there was none. */
export interface Fetched {
  readonly etag: string;
  readonly document: unknown;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** Who asks. Default the aggregator itself, as a master of the system. */
  readonly user?: UserInfo;
  /** What is known already: not fetched again. */
  readonly etag?: string;
}

const AGGREGATOR: UserInfo = { name: "system:kube-aggregator", groups: ["system:masters"] };

/** The other server does not answer, or not with what was asked for: its trouble, and no error of ours. */
export class RemoteError extends Error {}

/**
 * GET on the server's own behalf.
 * @returns the parsed body; "unchanged" where it is the one known, "absent" where there is none
 * @throws RemoteError
 */
export async function fetchJson(
  backend: Backend,
  target: string,
  options: FetchOptions,
): Promise<Fetched | "unchanged" | "absent"> {
  try {
    return await fetchFrom(backend, target, options);
  } catch (error) {
    throw new RemoteError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function fetchFrom(
  backend: Backend,
  target: string,
  { signal, user = AGGREGATOR, etag }: FetchOptions,
): Promise<Fetched | "unchanged" | "absent"> {
  const headers = ["Host", backend.authority, "Connection", "close", "Accept", "application/json"];
  headers.push(...(etag ? ["If-None-Match", etag] : []), ...identityHeaders(user));
  const { response } = await ask(await backend.connect(), { method: "GET", target, headers, signal }, (body) =>
    body.end(),
  );
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error("the answer is too long");
    chunks.push(chunk);
  }
  const { statusCode = 0 } = response;
  if (statusCode === 404) return "absent";
  if (statusCode === 304 && etag) return "unchanged";
  if (statusCode < 200 || statusCode > 299)
    throw new Error(`bad status from https://${backend.authority}${target}: ${statusCode}`);
  return { etag: response.headers.etag ?? "", document: JSON.parse(Buffer.concat(chunks).toString()) };
}

/** As fetchJson, of what must be there. @throws RemoteError */
export async function getJson(backend: Backend, target: string, signal: AbortSignal): Promise<unknown> {
  const found = await fetchJson(backend, target, { signal });
  if (typeof found === "object") return found.document;
  throw new RemoteError(`bad status from https://${backend.authority}${target}: 404`);
}
