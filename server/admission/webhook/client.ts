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
      const signal = AbortSignal.timeout(timeoutSeconds * 1000);
      let call: Call = { method: "POST", body };
      for (let redirects = 0; ; redirects++) {
        const agent = agentFor(target, config.caBundle ?? "");
        try {
          const answer = await send(target, agent, call, signal);
          if (!(answer instanceof Redirect)) return answer;
          if (redirects === MAX_REDIRECTS) throw new AnswerError(wrap(answer.location, TOO_MANY).message);
          target = targetAt(answer.location, target);
          if (!answer.keepsMethod) call = { method: "GET" };
        } catch (error) {
          // Go tells the method of the first request, whatever came of it.
          throw error instanceof AnswerError ? error : wrap(target.url, transportError(error, target));
        }
      }
    },
    stop() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

/** As many as Go's client follows. (net/http defaultCheckRedirect) */
const MAX_REDIRECTS = 10;
const TOO_MANY = `stopped after ${MAX_REDIRECTS} redirects`;

/** What is sent: a review, or, after most redirects, nothing. */
type Call = { readonly method: "POST"; readonly body: string } | { readonly method: "GET" };

/** The webhook says where else to ask. `keepsMethod`: with the review again, not by a mere GET. */
class Redirect {
  readonly location: string;
  readonly keepsMethod: boolean;

  constructor(location: string, keepsMethod: boolean) {
    this.location = location;
    this.keepsMethod = keepsMethod;
  }
}

/** Where a redirect leads. Another host is asked by its own name. */
function targetAt(location: string, from: Target): Target {
  const url = new URL(location, from.url);
  const path = `${url.pathname}${url.search}`;
  if (url.host === new URL(from.url).host) return { ...from, path, url: url.href };
  const name = url.hostname.replace(/^\[|\]$/g, "");
  return { url: url.href, host: name, port: Number(url.port || 443), path, serverName: name, authority: url.host };
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

function send(target: Target, agent: Agent, call: Call, signal: AbortSignal): Promise<unknown> {
  const { host, port, path, authority } = target;
  return new Promise((resolve, reject) => {
    const headers = {
      Host: authority,
      Accept: "application/json, */*",
      "User-Agent": "kube-apiserver-admission",
      ...(call.method === "POST" && {
        "Content-Type": "application/json",
        "Content-Length": Buffer.byteLength(call.body),
      }),
    };
    const sent = request({ host, port, path, method: call.method, headers, agent, signal }, (response) => {
      const redirect = redirectOf(response);
      if (redirect) response.resume();
      if (redirect) resolve(redirect);
      else read(response).then(resolve, reject);
    });
    sent.on("error", reject);
    sent.end(call.method === "POST" ? call.body : undefined);
  });
}

/** (net/http redirectBehavior) */
function redirectOf({ statusCode = 0, headers: { location } }: IncomingMessage): Redirect | undefined {
  const keepsMethod = [307, 308].includes(statusCode);
  return location && (keepsMethod || [301, 302, 303].includes(statusCode))
    ? new Redirect(location, keepsMethod)
    : undefined;
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
