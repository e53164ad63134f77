import type { IncomingMessage } from "node:http";
import { Agent, type AgentOptions, type RequestOptions, request } from "node:https";
import { isIP } from "node:net";
import { posix } from "node:path";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect as connectTls, type PeerCertificate } from "node:tls";
import type { WebhookClientConfig } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { parseJson } from "../../../openapi/exact-json.ts";
import { syntaxErrorOf } from "../../../openapi/json-tree.ts";
import { genericServerResponse } from "../../meta/errors.ts";
import { goServerIdentity } from "./server-identity.ts";
import type { ResolveService } from "./service-resolver.ts";
import { transportError } from "./transport-error.ts";

/** Asks webhooks. One for all: connections are kept open. */
export interface WebhookClient {
  /** @returns the parsed body. @throws Error as client-go words it */
  post(config: WebhookClientConfig, body: string, timeoutSeconds: number): Promise<unknown>;
  stop(): void;
}

/** Answers longer than this are not read to their end. */
const MAX_BYTES = 3 * 1024 * 1024;
const MAX_AGENTS = 200;

interface Target {
  /** As errors show it. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly serverName: string;
  /** The Host header. */
  readonly authority: string;
}

/** Opens connections that the machine's network does not; undefined: it does. */
export type DialService = (host: string, port: number) => Promise<Duplex> | undefined;

/** Connections on what somebody else opens, where somebody does. */
class DialingAgent extends Agent {
  readonly #dial: DialService;

  constructor(dial: DialService, options: AgentOptions) {
    super(options);
    this.#dial = dial;
  }

  override createConnection(
    options: RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const { host, port, ...rest } = options;
    const opening = this.#dial(host ?? "", Number(port));
    if (!opening) return super.createConnection(options, callback);
    opening.then(
      (socket) => callback?.(null, connectTls({ ...(rest as ConnectionOptions), host: host ?? "", socket })),
      // Node's types have a stream even where there is none.
      (error: Error) => callback?.(error, undefined as unknown as Duplex),
    );
    return undefined;
  }
}

/** (apiserver/pkg/util/webhook/client.go) @param dial by default none */
export function webhookClient(resolve: ResolveService, dial: DialService = () => undefined): WebhookClient {
  const agents = new Map<string, Agent>();
  const agentFor = ({ serverName, authority }: Target, caBundle: string): Agent => {
    const key = `${authority} ${caBundle}`;
    let agent = agents.get(key);
    if (!agent) {
      // Go trusts what it is given, be it no authority; OpenSSL wants to be told. Tests of operators
      // give the webhook's own certificate here.
      const ca = caBundle ? { ca: Buffer.from(caBundle, "base64"), allowPartialTrustChain: true } : {};
      // Addresses are no server names (RFC 6066): the certificate is held against the host then.
      const options = {
        ...{ keepAlive: true, servername: isIP(serverName) ? "" : serverName, ...ca },
        checkServerIdentity: (_: string, certificate: PeerCertificate) => goServerIdentity(serverName, certificate),
      };
      agent = new DialingAgent(dial, options);
      // The oldest is forgotten, not destroyed: calls may be under way.
      const [oldest] = agents.keys();
      if (agents.size >= MAX_AGENTS && oldest !== undefined) agents.delete(oldest);
      agents.set(key, agent);
    }
    return agent;
  };
  return {
    async post(config, body, timeoutSeconds) {
      const path = `${pathOf(config)}?timeout=${timeoutSeconds}s`;
      const wrap = (url: string, error: unknown) =>
        new Error(`Post "${url}": ${error instanceof Error ? error.message : error}`);
      const where = authorityOf(config);
      let target: Target;
      try {
        target = { ...where, ...connectTo(config, resolve), path, url: `https://${where.authority}${path}` };
      } catch (error) {
        throw wrap(`https://${where.authority}${path}`, error);
      }
      const agent = agentFor(target, config.caBundle ?? "");
      try {
        return await send(target, agent, body, timeoutSeconds);
      } catch (error) {
        throw error instanceof AnswerError ? error : wrap(target.url, transportError(error, target));
      }
    },
    stop() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

/** The webhook answered, but not with what it should. */
class AnswerError extends Error {}

function pathOf({ url, service }: WebhookClientConfig): string {
  return posix.join("/", service ? (service.path ?? "") : new URL(url ?? "").pathname).replace(/(.)\/$/, "$1");
}

function authorityOf({ url, service }: WebhookClientConfig): { authority: string; serverName: string } {
  if (service) {
    const serverName = `${service.name}.${service.namespace}.svc`;
    return { authority: `${serverName}:${service.port ?? 443}`, serverName };
  }
  const { host, hostname } = new URL(url ?? "");
  return { authority: host, serverName: hostname.replace(/^\[|\]$/g, "") };
}

function connectTo({ url, service }: WebhookClientConfig, resolve: ResolveService): { host: string; port: number } {
  if (service) return resolve(service.namespace, service.name, service.port ?? 443);
  const { hostname, port } = new URL(url ?? "");
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 443) };
}

function send(target: Target, agent: Agent, body: string, timeoutSeconds: number): Promise<unknown> {
  const { host, port, path, authority } = target;
  return new Promise((resolve, reject) => {
    const headers = {
      Host: authority,
      "Content-Type": "application/json",
      Accept: "application/json, */*",
      "User-Agent": "kube-apiserver-admission",
      "Content-Length": Buffer.byteLength(body),
    };
    const signal = AbortSignal.timeout(timeoutSeconds * 1000);
    const call = request({ host, port, path, method: "POST", headers, agent, signal }, (response) => {
      read(response).then(resolve, reject);
    });
    call.on("error", reject);
    call.end(body);
  });
}

async function read(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new AnswerError("webhook response is too large");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  const code = response.statusCode ?? 0;
  if (code < 200 || code >= 300) {
    const isText = /^text\/|^$/.test(response.headers["content-type"] ?? "");
    const about = { verb: "POST", resource: { group: "", resource: "" }, name: "" };
    const serverMessage = isText && text.trim() ? text.trim().slice(0, 2048) : "unknown";
    throw new AnswerError(genericServerResponse(code, { ...about, serverMessage }).message);
  }
  if (text === "") {
    const type = response.headers["content-type"] ?? "application/json";
    throw new AnswerError(`0-length response with status code: ${code} and content type: ${type}`);
  }
  try {
    return parseJson(text);
  } catch {
    throw new AnswerError(`couldn't get version/kind; json parse error: ${syntaxErrorOf(text)}`);
  }
}
