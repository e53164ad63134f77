import { Agent } from "undici";
import { ApiError, statusFrom } from "./api-error.ts";
import { sleep, systemClock } from "./clock.ts";
import type { Connection } from "./kubeconfig.ts";

/** One HTTP request in Kubernetes' terms. */
export interface ApiRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  /** Sent as JSON. */
  body?: unknown;
  contentType?: string;
  accept?: string;
  /** Nobody looks at what is answered, unless it is an error: it may be long. */
  ignoresAnswer?: boolean;
}

/** Sends requests over kept-alive connections and turns answers into JSON or an ApiError. */
export interface Transport {
  readonly server: string;
  /** Credentials and user agent. */
  headers(): Record<string, string | string[]>;
  /** For watches: they live long and share few connections. */
  readonly watchAgent: Agent;
  /**
   * Comes again when a busy server says when, a few times. (client-go/rest/with_retry.go)
   * @throws ApiError for any answer of 400 and above; Error when the server cannot be reached.
   */
  request(request: ApiRequest): Promise<unknown>;
  /** The same connections, on which a front proxy asks for somebody else. */
  as(identity: Identity): Transport;
  /** Closes the connections, whoever uses them. */
  close(): Promise<void>;
}

/** Who a front proxy says that a request is from. */
export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Requests a client may have in flight when nothing else is said; more wait their turn. */
const CONNECTIONS = 16;
const REQUEST_TIMEOUT_MS = 60_000;
const MAX_RETRIES = 10;

/** Opens nothing until the first request. @param connections how many requests may be in flight */
export function openTransport(connection: Connection, userAgent: string, connections = CONNECTIONS): Transport {
  const tls = {
    ca: connection.ca,
    // Go trusts what it is given, be it no authority; OpenSSL wants to be told.
    allowPartialTrustChain: true,
    cert: connection.clientCertificate,
    key: connection.clientKey,
    servername: connection.tlsServerName,
    rejectUnauthorized: !connection.insecureSkipTlsVerify,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  };
  // A watch may be silent for minutes, so its body has no time limit; the server ends it by timeoutSeconds.
  const watchAgent = new Agent({ connect: tls, bodyTimeout: 0, headersTimeout: REQUEST_TIMEOUT_MS });
  const agent = new Agent({
    connect: tls,
    connections,
    keepAliveTimeout: 60_000,
    bodyTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
    allowH2: false,
  });
  const closed = new AbortController();
  const headers = () => ({
    "User-Agent": userAgent,
    ...(connection.token && { Authorization: `Bearer ${connection.token()}` }),
  });
  return transportOver({ server: connection.server, agent, watchAgent, closed }, headers);
}

interface Connections {
  readonly server: string;
  readonly agent: Agent;
  readonly watchAgent: Agent;
  /** Aborted when they are closed. */
  readonly closed: AbortController;
}

function transportOver(connections: Connections, headers: Transport["headers"]): Transport {
  const { server, agent, watchAgent, closed } = connections;
  return {
    server,
    headers,
    watchAgent,
    as({ user, groups }) {
      const remote = { "X-Remote-User": user, "X-Remote-Group": [...groups] };
      return transportOver(connections, () => ({ ...headers(), ...remote }));
    },
    async request(request) {
      const { method, path, query, body, contentType = "application/json", accept = "application/json" } = request;
      const parameters = Object.fromEntries(Object.entries(query ?? {}).filter(([, value]) => value !== undefined));
      const send = () =>
        agent.request({
          origin: server,
          path,
          method,
          query: parameters,
          headers: { ...headers(), Accept: accept, ...(body !== undefined && { "Content-Type": contentType }) },
          body: body === undefined ? null : JSON.stringify(body),
          // A DELETE may have a body, and nobody needs to fear for the connection after it.
          reset: false,
        });
      for (let retries = 0; ; retries++) {
        const { statusCode, headers: answered, body: content } = await send();
        if (request.ignoresAnswer && statusCode < 400) return readToEnd(content);
        const text = await content.text();
        const seconds = Number(answered["retry-after"]);
        const mayRetry = (statusCode === 429 || statusCode >= 500) && seconds >= 0;
        if (mayRetry && retries < MAX_RETRIES && !closed.signal.aborted) {
          await sleep(systemClock, seconds * 1000, closed.signal);
          continue;
        }
        if (statusCode >= 400) throw new ApiError(statusCode, statusFrom(text));
        return parse(text);
      }
    },
    async close() {
      closed.abort();
      await Promise.all([agent.destroy(), watchAgent.destroy()]);
    },
  };
}

/** So that the connection may be used again. */
async function readToEnd(content: AsyncIterable<unknown>): Promise<undefined> {
  for await (const _ of content);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // /healthz and proxies answer plain text
  }
}
