import { Agent, type RequestOptions, request } from "node:https";
import { createInterface } from "node:readline";
import { KubeConfig } from "@kubernetes/client-node";

/** Wire objects are looked into by the tests, each of which knows what it asked for. */
// biome-ignore lint/suspicious/noExplicitAny: the tests are what checks these.
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Json;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: Json;
}

/** An open watch; iterating ends when the server ends it. */
export interface OpenWatch extends AsyncIterable<WatchEvent> {
  /** Events until one for which `last` holds, that one included. @throws after `milliseconds`, or at the end. */
  until(last: (event: WatchEvent) => boolean, milliseconds?: number): Promise<WatchEvent[]>;
  close(): void;
}

const MERGE_PATCH = "application/merge-patch+json";

/** Plain HTTP with the credentials of a kubeconfig: for what the official client does not let through. */
export class HttpClient {
  /** `https://host:port` */
  readonly server: string;
  /** What its requests are made with. */
  readonly options: RequestOptions;

  private constructor(server: string, options: RequestOptions) {
    this.server = server;
    this.options = options;
  }

  static async open(kubeconfig: string): Promise<HttpClient> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const { ca, cert, key, rejectUnauthorized } = options;
    const agent = new Agent({ ca, cert, key, rejectUnauthorized, keepAlive: true, maxSockets: 64 });
    return new HttpClient(config.getCurrentCluster()?.server ?? "", { ...options, agent });
  }

  /** @param body sent as it is when text or bytes. @returns bytes for protobuf, values for JSON, text for the rest */
  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const isRaw = body === undefined || typeof body === "string" || body instanceof Uint8Array;
    const text = isRaw ? body : JSON.stringify(body);
    const type = method === "PATCH" ? MERGE_PATCH : "application/json";
    // Node gives the body of a DELETE no length by itself.
    const ofBody = text && { "content-type": type, "content-length": `${Buffer.byteLength(text)}` };
    const sent = { accept: "application/json", ...ofBody, ...headers };
    return new Promise((resolve, reject) => {
      const call = request(new URL(path, this.server), { ...this.options, method, headers: sent }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const received = Buffer.concat(chunks);
          const type = response.headers["content-type"] ?? "";
          const { statusCode = 0 } = response;
          const parsed =
            type.includes("json") && received.length > 0 ? JSON.parse(received.toString()) : received.toString();
          const answer = type.includes("protobuf") ? received : parsed;
          resolve({ status: statusCode, headers: response.headers, body: answer });
        });
      });
      call.on("error", reject);
      call.end(text);
    });
  }

  get = (path: string, headers?: Record<string, string>) => this.send("GET", path, undefined, headers);
  post = (path: string, body: unknown) => this.send("POST", path, body);
  put = (path: string, body: unknown) => this.send("PUT", path, body);
  patch = (path: string, body: unknown, type = MERGE_PATCH) => this.send("PATCH", path, body, { "content-type": type });
  delete = (path: string, body?: unknown) => this.send("DELETE", path, body);

  /** @throws when the answer is not 200. */
  watch(path: string): Promise<OpenWatch> {
    return new Promise((resolve, reject) => {
      // A connection of its own: one that is watched is not free for other requests.
      const call = request(new URL(path, this.server), this.options, (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          reject(new Error(`watch of ${path} answered ${response.statusCode}`));
          return;
        }
        response.on("error", () => {});
        // Lines that come before somebody iterates are kept only from here on.
        const events = eventsOf(createInterface({ input: response })[Symbol.asyncIterator]());
        resolve({
          [Symbol.asyncIterator]: () => events,
          close: () => call.destroy(),
          async until(last, milliseconds = 20_000) {
            const seen: WatchEvent[] = [];
            const late = setTimeout(() => call.destroy(), milliseconds);
            try {
              for (;;) {
                const { value, done } = await events.next();
                if (done)
                  throw new Error(`watch of ${path} ended after ${JSON.stringify(seen.map(({ type }) => type))}`);
                seen.push(value);
                if (last(value)) return seen;
              }
            } finally {
              clearTimeout(late);
            }
          },
        });
      });
      call.on("error", reject);
      call.end();
    });
  }
}

async function* eventsOf(lines: AsyncIterableIterator<string>): AsyncGenerator<WatchEvent, undefined> {
  for await (const line of lines) if (line) yield JSON.parse(line);
  return undefined;
}
