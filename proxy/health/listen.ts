import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Clock, type Logger, sleep } from "../../client/index.ts";

/** As upstream's proxy waits before it tries again to listen, in ms. */
const RETRY = 5000;

/** Where to listen. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Listening {
  stop(): Promise<void>;
}

/** Serves HTTP at an address. @throws Error when it is taken */
export async function listen(
  { host, port }: Address,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listening> {
  const server = createServer(answer);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  server.unref();
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The same, tried again until it works: whoever has the port may go. */
export function listenWhenPossible(
  address: Address,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  { clock, logger }: { clock: Clock; logger: Logger },
): Listening {
  const stopping = new AbortController();
  const listening = (async () => {
    while (!stopping.signal.aborted) {
      try {
        return await listen(address, answer);
      } catch (error) {
        logger.error({ err: error, ...address }, "cannot listen, trying again");
        await sleep(clock, RETRY, stopping.signal);
      }
    }
    return undefined;
  })();
  return {
    async stop() {
      stopping.abort();
      await (await listening)?.stop();
    },
  };
}
