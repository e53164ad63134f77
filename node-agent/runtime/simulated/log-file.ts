import type { Writable } from "node:stream";
import type { LogOptions } from "../runtime.ts";

interface Line {
  readonly at: Date;
  /** With its newline; the last one of a container may have none. */
  readonly text: string;
}

/** Lines kept of one container instance: as kubelet rotates files, old ones go. */
const KEEP = 10_000;

/** What one instance of a container wrote, by lines with their times. */
export class LogFile {
  #lines: Line[] = [];
  #partial = "";
  #closed = false;
  readonly #listeners = new Set<() => void>();

  write(text: string, at: Date): void {
    const parts = (this.#partial + text).split("\n");
    this.#partial = parts.pop() ?? "";
    for (const part of parts) this.#lines.push({ at, text: `${part}\n` });
    if (this.#lines.length > KEEP * 2) this.#lines = this.#lines.slice(-KEEP);
    if (parts.length) for (const listener of this.#listeners) listener();
  }

  close(at: Date): void {
    if (this.#partial) this.#lines.push({ at, text: this.#partial });
    this.#partial = "";
    this.#closed = true;
    for (const listener of this.#listeners) listener();
  }

  /** The last bytes, for termination messages. */
  tail(bytes: number, lines: number): string {
    return this.#lines
      .slice(-lines)
      .map(({ text }) => text)
      .join("")
      .slice(-bytes);
  }

  /** Writes what the options ask for; with `follow` until the container ends or `signal` is aborted. */
  async copy(options: LogOptions, output: Writable, signal: AbortSignal): Promise<void> {
    const { follow, timestamps, tailLines, limitBytes = Number.POSITIVE_INFINITY, since } = options;
    let left = limitBytes;
    const chosen = since ? this.#lines.filter(({ at }) => at >= since) : this.#lines;
    let next =
      tailLines === undefined
        ? this.#lines.length - chosen.length
        : Math.max(this.#lines.length - tailLines, this.#lines.length - chosen.length);
    const drain = () => {
      while (next < this.#lines.length && left > 0) {
        const line = this.#lines[next++] as Line;
        const bytes = Buffer.from(
          `${timestamps ? `${line.at.toISOString().replace("Z", "000000Z")} ` : ""}${line.text}`,
        );
        output.write(bytes.subarray(0, left));
        left -= bytes.length;
      }
    };
    drain();
    if (!follow) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        this.#listeners.delete(look);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const look = () => {
        drain();
        if (this.#closed || left <= 0) end();
      };
      this.#listeners.add(look);
      signal.addEventListener("abort", end);
      look();
      if (signal.aborted) end();
    });
  }
}
