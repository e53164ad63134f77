import { baseHeaders, type Ctx } from "../respond.ts";
import { acceptWebSocket, offeredProtocols, refusesHandshake } from "../upgrade.ts";
import type { Frames } from "./watch-frames.ts";

/** Where the frames of a watch go. */
export interface Connection {
  /** Sends the head of the answer. Idempotent. */
  open(): void;
  write(frames: Frames): void;
  /** Bytes written and not yet taken by the socket. */
  readonly buffered: number;
  /** When there are none, or it is closed. */
  drained(): Promise<void>;
  /** After what was written. */
  end(): void;
  /** At once: what was not taken yet is lost. */
  destroy(): void;
  onClose(listener: () => void): void;
}

/** The answer itself, piece by piece. */
export class HttpConnection implements Connection {
  readonly #ctx: Ctx;
  readonly #contentType: string;

  constructor(ctx: Ctx, contentType: string) {
    this.#ctx = ctx;
    this.#contentType = contentType;
  }

  open(): void {
    const { res, state } = this.#ctx;
    if (res.headersSent || res.destroyed) return;
    state.responseCode = 200;
    res.writeHead(200, baseHeaders(this.#ctx, this.#contentType));
    // HTTP/1.1 holds the head back until the first chunk.
    res.flushHeaders?.();
  }
  write(frames: Frames): void {
    const { res } = this.#ctx;
    if (!res.destroyed && !res.writableEnded) res.write(frames.joined);
  }
  get buffered(): number {
    return this.#ctx.res.writableLength ?? 0;
  }
  drained(): Promise<void> {
    const { res } = this.#ctx;
    if (res.destroyed || !this.buffered) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        res.off("drain", done);
        res.off("close", done);
        resolve();
      };
      res.on("drain", done);
      res.on("close", done);
    });
  }
  end(): void {
    if (!this.#ctx.res.writableEnded) this.#ctx.res.end();
  }
  destroy(): void {
    this.#ctx.res.destroy();
  }
  onClose(listener: () => void): void {
    this.#ctx.res.once("close", listener);
  }
}

/** Frames as messages: text for JSON, binary for protobuf. */
export class WebSocketConnection implements Connection {
  readonly #ctx: Ctx;
  readonly #text: boolean;
  #socket: Awaited<ReturnType<typeof acceptWebSocket>> | undefined;
  #opening: Promise<void> | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #listener: () => void = () => {};
  #isClosed = false;
  #whenDrained: (() => void)[] = [];

  constructor(ctx: Ctx, text: boolean) {
    this.#ctx = ctx;
    this.#text = text;
  }

  open(): void {
    if (!this.#opening && refusesHandshake(this.#ctx)) {
      this.#opening = Promise.resolve();
      this.#close();
      return;
    }
    this.#opening ??= acceptWebSocket(this.#ctx, offeredProtocols(this.#ctx)[0] ?? "").then((socket) => {
      this.#socket = socket;
      socket.on("close", this.#close);
      socket.on("error", () => socket.terminate());
      for (const frame of this.#waiting.splice(0)) this.#send(frame);
      this.#waitingBytes = 0;
    }, this.#close);
  }
  readonly #close = (): void => {
    this.#isClosed = true;
    this.#settle();
    this.#listener();
  };
  readonly #settle = (): void => {
    if (this.buffered > 0 && !this.#isClosed) return;
    for (const resolve of this.#whenDrained.splice(0)) resolve();
  };
  drained(): Promise<void> {
    if (this.buffered === 0 || this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#whenDrained.push(resolve));
  }
  write(frames: Frames): void {
    for (const frame of frames.list) this.#send(frame);
  }
  #send(frame: Buffer): void {
    if (this.#socket) {
      this.#socket.send(frame, { binary: !this.#text }, this.#settle);
      return;
    }
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
  }
  get buffered(): number {
    return this.#waitingBytes + (this.#socket?.bufferedAmount ?? 0);
  }
  end(): void {
    void this.#opening?.then(() => this.#socket?.close());
  }
  destroy(): void {
    void this.#opening?.then(() => this.#socket?.terminate());
  }
  onClose(listener: () => void): void {
    this.#listener = listener;
  }
}
