import { Duplex } from "node:stream";
import type { HeaderBlock } from "./header-block.ts";

/** What a stream needs of its session. */
export interface StreamOwner {
  /** Resolves when the connection took it. */
  send(stream: number, payload: Buffer, last: boolean): Promise<void>;
  reset(stream: number): void;
  forget(stream: number): void;
}

/** One stream of a session. Ending it closes our half; destroying it resets it unless both halves are closed. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: HeaderBlock;
  readonly #owner: StreamOwner;
  #wanted: (() => void) | undefined;
  #reset = false;
  /** Nothing comes after what has come, some of which may not have been read yet. */
  #complete = false;

  constructor(id: number, headers: HeaderBlock, owner: StreamOwner) {
    super({ allowHalfOpen: true });
    this.id = id;
    this.headers = headers;
    this.#owner = owner;
    this.on("error", () => {}); // its end is told by `close`
  }

  /** First value of a header. */
  header(name: string): string {
    return this.headers.get(name.toLowerCase())?.[0] ?? "";
  }

  /** What the peer sent. Resolves when there is room for more. */
  async receive(payload: Buffer, last: boolean): Promise<void> {
    if (this.destroyed || this.#complete) return;
    const room = payload.length === 0 || this.push(payload);
    if (last) {
      this.#complete = true;
      this.push(null);
    } else if (!room) {
      await new Promise<void>((resolve) => {
        this.#wanted = resolve;
      });
    }
  }

  /** The peer gave the stream up, or is gone. What it had sent to its end is still to be read. */
  wasReset(): void {
    this.#reset = true;
    if (this.#complete && !this.readableEnded) this.once("end", () => this.destroy());
    else this.destroy();
  }

  override _read(): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    wanted?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#owner.send(this.id, chunk, false).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#owner.send(this.id, Buffer.alloc(0), true).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this._read();
    if (!this.#reset && !(this.readableEnded && this.writableFinished)) this.#owner.reset(this.id);
    this.#owner.forget(this.id);
    done(error);
  }
}
