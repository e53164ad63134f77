import { rootCertificates } from "node:tls";
import type { APIService } from "../../openapi/api/apiregistration.k8s.io.v1.ts";
import type { Service } from "../../openapi/api/core.v1.ts";
import type { ObjectReader } from "../admission/plugin.ts";
import type { UserInfo } from "../auth/authenticator.ts";
import { ask, type Backend, dialTcp, secure } from "../http/connectors/backend.ts";
import { headerBytes } from "../meta/header-text.ts";
import { authorityOf } from "../meta/network-error.ts";

/** The front proxy's certificate: what aggregated servers know us by. PEM. */
export interface FrontProxyClient {
  readonly cert: string;
  readonly key: string;
}

const DEFAULT_PORT = 443;
/** OpenAPI documents of whole servers are the longest that are asked for. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * Where the Service of an APIService is: its own address, or the name outside that it stands for.
 * @throws Error when there is no Service
 */
export function endpointOf({ spec }: Readonly<APIService>, reader: ObjectReader): { host: string; port: number } {
  const { namespace = "", name = "", port = DEFAULT_PORT } = spec.service ?? {};
  const service = reader.get<Service>({ group: "", resource: "services" }, namespace, name);
  if (!service) throw new Error(`service ${JSON.stringify(name)} not found`);
  const { type, clusterIP = "", externalName = "" } = service.spec;
  return { host: type === "ExternalName" ? externalName : clusterIP, port };
}

/** The server behind an APIService, reached at its Service's own address. (apiserver/pkg/util/proxy ResolveCluster) */
export function remoteServer(
  apiService: Readonly<APIService>,
  reader: ObjectReader,
  client: FrontProxyClient,
): Backend {
  const { spec } = apiService;
  const { namespace = "", name = "", port = DEFAULT_PORT } = spec.service ?? {};
  const serverName = `${name}.${namespace}.svc`;
  const trusted = spec.caBundle ? Buffer.from(spec.caBundle, "base64").toString() : rootCertificates.join("\n");
  return {
    scheme: "https",
    authority: authorityOf(serverName, port),
    async connect() {
      const at = endpointOf(apiService, reader);
      const socket = await dialTcp(at.host, at.port);
      return secure(socket, serverName, { ...client, ...(!spec.insecureSkipTLSVerify && { ca: trusted }) });
    },
  };
}

/** Headers that tell an aggregated server who asks, name and value in turn. */
export function identityHeaders({ name, uid, groups, extra = {} }: UserInfo): string[] {
  return [
    ...["X-Remote-User", headerBytes(name)],
    ...(uid ? ["X-Remote-Uid", headerBytes(uid)] : []),
    ...groups.flatMap((group) => ["X-Remote-Group", headerBytes(group)]),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.flatMap((value) => [`X-Remote-Extra-${encodeURIComponent(key)}`, headerBytes(value)]),
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
  /** Host and port as errors show them, which is where the server is asked. Default the name of its Service. */
  readonly host?: string;
  /** What is known already: not fetched again. */
  readonly etag?: string;
}

/** As Go's client words its own time limit. */
const TIMEOUT = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
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
    if (error instanceof RemoteError) throw error;
    const timeout = error instanceof Error && ["AbortError", "TimeoutError"].includes(error.name);
    const text = timeout ? TIMEOUT : error instanceof Error ? error.message : String(error);
    throw new RemoteError(`Get ${JSON.stringify(urlOf(options, backend, target))}: ${text}`, { cause: error });
  }
}

async function fetchFrom(
  backend: Backend,
  target: string,
  options: FetchOptions,
): Promise<Fetched | "unchanged" | "absent"> {
  const { signal, user = AGGREGATOR, etag } = options;
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
  if (statusCode < 200 || statusCode > 299) throw badStatus(urlOf(options, backend, target), statusCode);
  return { etag: response.headers.etag ?? "", document: parsed(Buffer.concat(chunks).toString()) };
}

const urlOf = ({ host }: FetchOptions, { authority }: Backend, target: string) =>
  `https://${host ?? authority}${target}`;

const badStatus = (url: string, code: number) => new RemoteError(`bad status from ${url}: ${code}`);

/** What is no JSON says nothing, and is no reason to think that the server is not there. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As fetchJson, of what must be there. @throws RemoteError */
export async function getJson(backend: Backend, target: string, options: FetchOptions): Promise<unknown> {
  const found = await fetchJson(backend, target, options);
  if (typeof found === "object") return found.document;
  throw badStatus(urlOf(options, backend, target), 404);
}
