import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { BackendRequest } from "./backend.ts";

/** As long as Go keeps a connection that nobody uses. (net/http DefaultTransport IdleConnTimeout) */
const IDLE_MILLISECONDS = 90_000;
/** As many as Go keeps idle for one host of an API server's client. (apimachinery/pkg/util/net SetTransportDefaults) */
const MAX_IDLE = 25;

/** Opens a connection. @throws Error */
export type Connect = () => Promise<Duplex>;

class ConnectingAgent extends Agent {
  readonly #connect: Connect;

  constructor(connect: Connect) {
    super({ keepAlive: true, timeout: IDLE_MILLISECONDS, maxFreeSockets: MAX_IDLE });
    this.#connect = connect;
  }

  override createConnection(
    _options: object,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    this.#connect().then(
      (socket) => callback?.(null, socket),
      // Node's types have a stream even where there is none.
      (error: Error) => callback?.(error, undefined as unknown as Duplex),
    );
    return undefined;
  }
}

/**
 * Connections to one backend that are kept for the next request, since a TLS handshake costs more than most answers.
 * For requests that change nothing and have no body: they are sent again when a kept connection turns out to be gone.
 * (net/http Transport)
 */
export class KeptConnections {
  readonly #agent: ConnectingAgent;

  constructor(connect: Connect) {
    this.#agent = new ConnectingAgent(connect);
  }

  /** @param headers without `Connection` @throws Error */
  async ask(request: BackendRequest): Promise<IncomingMessage> {
    for (;;) {
      const sent = this.#send(request);
      try {
        return await answerOf(sent, request.signal);
      } catch (error) {
        if (!sent.reusedSocket || request.signal.aborted) throw error;
      }
    }
  }

  /** Ends those that are idle; the others end with their requests. */
  close(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    this.#agent.maxFreeSockets = 0;
  }

  #send({ method, target, headers }: BackendRequest): ClientRequest {
    return httpRequest({ agent: this.#agent, method, path: target, headers: [...headers] }).end();
  }
}

function answerOf(sent: ClientRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const abort = () => sent.destroy();
    signal.addEventListener("abort", abort, { once: true });
    sent.on("error", reject);
    sent.once("response", resolve);
    sent.once("close", () => {
      signal.removeEventListener("abort", abort);
      reject(new Error("EOF"));
    });
    if (signal.aborted) abort();
  });
}
