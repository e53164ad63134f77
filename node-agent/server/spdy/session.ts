import type { Duplex } from "node:stream";
import { controlFrame, dataFrame, FIN, type Frame, FrameReader, TYPE, words } from "./frame.ts";
import { type HeaderBlock, HeaderDecoder, HeaderEncoder } from "./header-block.ts";
import { SpdyStream, type StreamOwner } from "./stream.ts";

const STREAM_ID = 0x7fff_ffff;
const REFUSED_STREAM = 3;
const CANCEL = 5;
/** Frames are cut to this, so that no stream holds the others up for long. */
const MAX_DATA_BYTES = 32 * 1024;
const MAX_STREAMS = 1000;

/**
 * A SPDY/3.1 connection whose client opens all streams: what remote commands and port-forwards
 * of Kubernetes use. Flow control is the connection's own: clients (moby/spdystream) never send WINDOW_UPDATE, so
 * honouring SPDY's windows would stop every stream after 64 KiB.
 */
export class SpdySession implements StreamOwner {
  readonly #connection: Duplex;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #encoder = new HeaderEncoder();
  readonly #decoder = new HeaderDecoder();
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #reader = new FrameReader();
  /** Clients number their streams oddly. */
  #nextOwn = 1;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;

  /** @param head bytes that came before the session took over */
  constructor(connection: Duplex, head: Buffer, onStream: (stream: SpdyStream) => void) {
    this.#connection = connection;
    this.#onStream = onStream;
    connection.on("error", () => connection.destroy());
    if (head.length > 0) connection.unshift(head);
    this.closed = this.#run();
  }

  /** Opens a stream of our own, where we are the connection's client. */
  async open(headers: HeaderBlock): Promise<SpdyStream> {
    const id = this.#nextOwn;
    this.#nextOwn += 2;
    const stream = new SpdyStream(id, headers, this);
    this.#streams.set(id, stream);
    await this.#write(
      controlFrame(TYPE.synStream, 0, Buffer.concat([words(id, 0), Buffer.alloc(2), this.#encoder.encode(headers)])),
    );
    return stream;
  }

  close(): void {
    if (!this.#connection.writableEnded) this.#connection.end(controlFrame(TYPE.goAway, 0, words(0, 0)));
  }

  async send(stream: number, payload: Buffer, last: boolean): Promise<void> {
    let at = 0;
    do {
      const piece = payload.subarray(at, at + MAX_DATA_BYTES);
      at += piece.length;
      const final = last && at >= payload.length;
      await this.#write(dataFrame(stream, final ? FIN : 0, piece));
    } while (at < payload.length);
  }

  reset(stream: number): void {
    void this.#write(controlFrame(TYPE.rstStream, 0, words(stream, CANCEL))).catch(() => {});
  }

  forget(stream: number): void {
    this.#streams.delete(stream);
  }

  async #run(): Promise<void> {
    try {
      for await (const chunk of this.#connection) {
        for (const frame of this.#reader.read(chunk as Buffer)) await this.#handle(frame);
      }
    } catch {
      // A broken connection, or a peer that speaks something else: either way there is nobody to tell.
    } finally {
      this.#connection.destroy();
      for (const stream of this.#streams.values()) stream.wasReset();
      this.#decoder.close();
    }
  }

  async #handle(frame: Frame): Promise<void> {
    const { type, flags, payload } = frame;
    const last = (flags & FIN) !== 0;
    switch (type) {
      case "data":
        return this.#streams.get(frame.stream)?.receive(payload, last);
      case TYPE.synStream:
        return this.#open(payload, last);
      case TYPE.synReply:
      case TYPE.headers: // read for the sake of the compression's state
        return void (await this.#decoder.decode(payload.subarray(4)));
      case TYPE.rstStream:
        return this.#wasReset(payload.readUInt32BE(0) & STREAM_ID);
      case TYPE.ping: // the client's own have odd numbers; others answer ours
        if (payload.readUInt32BE(0) % 2 === 1) await this.#write(controlFrame(TYPE.ping, 0, payload));
        return;
      case TYPE.goAway: // what is open goes on
      case TYPE.settings:
      case TYPE.windowUpdate:
        return;
      default:
        throw new Error(`unexpected frame of type ${type}`);
    }
  }

  /** Go's servers end their streams so: for a client it means no more than that nothing follows what was sent. */
  async #wasReset(id: number): Promise<void> {
    const stream = this.#streams.get(id);
    if (this.#nextOwn > 1) await stream?.receive(Buffer.alloc(0), true);
    else stream?.wasReset();
  }

  async #open(payload: Buffer, last: boolean): Promise<void> {
    const id = payload.readUInt32BE(0) & STREAM_ID;
    const headers = await this.#decoder.decode(payload.subarray(10));
    if (this.#streams.size >= MAX_STREAMS) {
      return this.#write(controlFrame(TYPE.rstStream, 0, words(id, REFUSED_STREAM)));
    }
    const stream = new SpdyStream(id, headers, this);
    this.#streams.set(id, stream);
    const reply = Buffer.concat([words(id), this.#encoder.encode(new Map())]);
    const replied = this.#write(controlFrame(TYPE.synReply, 0, reply));
    this.#onStream(stream);
    if (last) await stream.receive(Buffer.alloc(0), true);
    await replied;
  }

  #write(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#connection.destroyed || this.#connection.writableEnded) return reject(new Error("connection closed"));
      this.#connection.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }
}
