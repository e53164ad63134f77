import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent, request } from "node:https";
import { transportError } from "../admission/webhook/transport-error.ts";

/** Of a whole request, its redirects and its body. (plugin/pkg/authenticator/token/oidc: http.Client) */
const TIMEOUT_MILLISECONDS = 30_000;
/** As many as Go's client follows. (net/http defaultCheckRedirect) */
const MAX_REDIRECTS = 10;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** Documents and keys of providers take a few kilobytes. */
const MAX_BYTES = 16 * 1024 * 1024;

export interface ProviderFetchOptions {
  /** PEM of whom to trust; empty: whom this machine trusts. */
  readonly authority: string;
  readonly timeoutMilliseconds?: number;
}

interface Asking {
  readonly agents: { readonly https: Agent; readonly http: HttpAgent };
  readonly signal: AbortSignal;
}

/**
 * fetch() of what OpenID providers serve: a GET with a private CA, within a time, whose errors are Go's. Node's own takes
 * no CA, and waits five minutes for a provider that says nothing, with every request whose token that provider is to judge.
 */
export function providerFetch({
  authority,
  timeoutMilliseconds = TIMEOUT_MILLISECONDS,
}: ProviderFetchOptions): typeof fetch {
  const trust = authority ? { ca: authority, allowPartialTrustChain: true } : {};
  const agents = { https: new Agent({ ...trust, keepAlive: false }), http: new HttpAgent({ keepAlive: false }) };
  return async (input, init) => {
    let url = new URL(input instanceof Request ? input.url : input);
    let headers = Object.fromEntries(new Headers(init?.headers));
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    for (let redirects = 0; ; redirects++) {
      const answer = await get(url, headers, { agents, signal });
      if (typeof answer !== "string") return answer;
      if (redirects === MAX_REDIRECTS) throw new Error(`stopped after ${MAX_REDIRECTS} redirects`);
      const next = new URL(answer, url);
      // What was for one server is no other's business.
      if (next.host !== url.host) headers = {};
      url = next;
    }
  };
}

/** @returns the answer, or where else to ask */
function get(url: URL, headers: Record<string, string>, { agents, signal }: Asking): Promise<Response | string> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      const port = Number(url.port) || (url.protocol === "http:" ? 80 : 443);
      const text = transportError(error, { host: url.hostname, port });
      reject(new Error(signal.aborted ? `${text} (Client.Timeout exceeded while awaiting headers)` : text));
    };
    const onAnswer = (answer: IncomingMessage) => {
      const { statusCode = 0, headers: got } = answer;
      if (got.location && REDIRECTS.includes(statusCode)) {
        answer.resume();
        resolve(got.location);
      } else responseOf(answer).then(resolve, failed);
    };
    const call =
      url.protocol === "http:"
        ? requestHttp(url, { agent: agents.http, headers, signal }, onAnswer)
        : request(url, { agent: agents.https, headers, signal }, onAnswer);
    call.on("error", failed);
    call.end();
  });
}

async function responseOf(answer: IncomingMessage): Promise<Response> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BYTES) throw new Error(`the answer has more than ${MAX_BYTES} bytes`);
    parts.push(part);
  }
  const { statusCode: status = 500, statusMessage: statusText = "", headers } = answer;
  const cacheControl = headers["cache-control"];
  // Those without a body may not be given an empty one.
  const body = size > 0 ? Buffer.concat(parts) : null;
  return new Response(body, { status, statusText, headers: cacheControl ? { "cache-control": cacheControl } : {} });
}
