import type { Readable, Writable } from "node:stream";

/** What a client asks for in the query. */
export interface Wish {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The streams of one remote command, whatever carries them. */
export interface Channels {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** Lines of JSON with the terminal's sizes. */
  onResize(listener: (size: { width: number; height: number }) => void): void;
  /** Tells how it ended, and hangs up. Older protocols get a text, and nothing when all is well. */
  finish(status: RemoteStatus): void;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

export interface RemoteStatus {
  readonly metadata: Record<string, never>;
  readonly status: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes: readonly { readonly reason?: string; readonly message: string }[] };
  readonly code?: number;
}

/** What goes to the error stream: a Status since v4, before that its text. */
export function statusText(protocol: string, status: RemoteStatus): string {
  if (/^v[45]\./.test(protocol)) return JSON.stringify(status);
  return status.status === "Success" ? "" : (status.message ?? "");
}

/** Calls back for each size in a stream of JSON objects. */
export function readSizes(stream: Readable, listeners: ReadonlySet<(size: Size) => void>): void {
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    rest += chunk.toString("utf8");
    for (let end = rest.indexOf("}"); end >= 0; end = rest.indexOf("}")) {
      const size = sizeOf(rest.slice(0, end + 1));
      rest = rest.slice(end + 1);
      if (size) for (const listener of listeners) listener(size);
    }
  });
}

type Size = { width: number; height: number };

/** undefined for what is no size: it is the terminal's, so nothing breaks. */
export function sizeOf(text: string): Size | undefined {
  try {
    const { Width = 0, Height = 0 } = JSON.parse(text) as { Width?: number; Height?: number };
    return { width: Width, height: Height };
  } catch {
    return undefined;
  }
}
