import { ApiError, statusFrom } from "./api-error.ts";
import type { Transport } from "./transport.ts";

const NEWLINE = 10;

export interface WatchRequest {
  path: string;
  query: Readonly<Record<string, string>>;
  accept?: string | undefined;
  /** A stream that says nothing for so long, in ms, is given up: its connection is dead. */
  silenceMs: number;
  /** Turns one event's bytes into an object; JSON as it is when left out. */
  parse?: ((line: Buffer) => unknown) | undefined;
}

export interface WatchHandlers {
  event(type: string, object: unknown): void;
  /** After all events that came in one piece. */
  pieceDone(): void;
  /** Once: the server ended the stream (null), or why it broke. */
  done(error: unknown): void;
}

/**
 * One watch over the transport's shared connections. Lines are taken from the bytes as they come: the way through fetch,
 * web streams and readline that the official client takes costs more than parsing them. Resolves when the server has
 * answered. @returns aborts it
 */
export async function openWatch(
  transport: Transport,
  { path, query, accept = "application/json", silenceMs, parse = parseJson }: WatchRequest,
  handlers: WatchHandlers,
): Promise<AbortController> {
  const url = new URL(transport.server + path);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const aborted = new AbortController();
  let isDone = false;
  let heard = true;
  const done = (error: unknown) => {
    if (isDone) return;
    isDone = true;
    clearInterval(timer);
    aborted.abort(CLOSED);
    handlers.done(error);
  };
  // Looking now and then costs nothing a piece, as a timer set anew would.
  const timer = setInterval(() => {
    if (!heard) done(Object.assign(new Error("nothing heard of a watch"), { name: "TimeoutError" }));
    heard = false;
  }, silenceMs);
  timer.unref();
  try {
    const { statusCode, body } = await transport.watchAgent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: "GET",
      headers: { ...transport.headers(), Accept: accept },
      signal: aborted.signal,
    });
    if (statusCode !== 200) throw new ApiError(statusCode, statusFrom(await body.text()));
    const lines = new Lines();
    body.on("data", (piece: Buffer) => {
      heard = true;
      if (isDone) return;
      try {
        for (const line of lines.take(piece)) {
          const { type, object } = parse(line) as { type: string; object: unknown };
          handlers.event(type, object);
        }
      } catch (error) {
        return done(error);
      }
      handlers.pieceDone();
    });
    body.on("error", done);
    body.on("close", () => done(null));
  } catch (error) {
    done(error);
  }
  return aborted;
}

const parseJson = (line: Buffer): unknown => JSON.parse(line.toString("utf8"));

/** A reason made once: each abort without one makes an exception with a stack. */
const CLOSED = Object.assign(new Error("the watch was closed"), { name: "AbortError" });

/** Cuts bytes into lines. */
class Lines {
  #rest: Buffer[] = [];

  /** Lines that are whole with this piece. */
  *take(piece: Buffer): Generator<Buffer> {
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
      const last = piece.subarray(from, end);
      const line = this.#rest.length > 0 ? Buffer.concat([...this.#rest, last]) : last;
      this.#rest = [];
      from = end + 1;
      if (line.length > 0) yield line;
    }
    if (from < piece.length) this.#rest.push(piece.subarray(from));
  }
}
