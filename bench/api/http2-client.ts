import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { encodeHeaders, type RequestHead, statusIn } from "./hpack.ts";

/** What came back. */
export interface Answer {
  /** 0 when the server reset the stream. */
  readonly status: number;
  /** Of the body. */
  readonly bytes: number;
  /** The body, where it was asked for. */
  readonly text: string;
}

export interface RequestOptions extends Omit<RequestHead, "authority" | "length"> {
  readonly body?: string | Buffer;
  /** Hands over the body as it comes; it is not kept then. The bytes are there only during the call. */
  onData?(bytes: Buffer, from: number, to: number): void;
}

interface Stream {
  status: number;
  bytes: number;
  readonly kept: Buffer[];
  readonly onData: RequestOptions["onData"];
  readonly resolve: (answer: Answer) => void;
}

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const [DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE] = [0, 1, 3, 4, 6, 7, 8];
const [END_STREAM, END_HEADERS, PADDED, ACK] = [1, 4, 8, 1];
const FRAME_HEAD = 9;
const LARGEST_WINDOW = 2 ** 31 - 1;
const DEFAULT_WINDOW = 65_535;
const MAX_FRAME = 16_384;
/** What the socket reads into, again and again: a buffer for each read costs more than what is done with it. */
const READ_BYTES = 64 * 1024;

/**
 * One HTTP/2 connection, just enough for a load generator: Node's own client costs as much CPU for a request as the server
 * under test does, and would measure itself. Requests and answers only; bodies to send are smaller than a stream's window.
 */
export class Http2Client {
  readonly #socket: TLSSocket;
  readonly #authority: string;
  readonly #streams = new Map<number, Stream>();
  /** Written in one go at the end of the turn. */
  #out: Buffer[] = [];
  #nextId = 1;
  /** Bytes of bodies that the server still takes, over all streams. */
  #sendWindow = DEFAULT_WINDOW;
  readonly #held: Buffer[] = [];
  #received = 0;
  /** Start of a frame whose rest is not here yet. */
  #rest: Buffer | undefined;
  /** What is left of the DATA frame that is being read, and whose it is. */
  #dataLeft = 0;
  #dataStream = 0;
  #dataEnds = false;

  private constructor(socket: TLSSocket, authority: string) {
    this.#socket = socket;
    this.#authority = authority;
    socket.setNoDelay(true);
    socket.on("close", () => {
      for (const id of [...this.#streams.keys()]) this.#end(id);
    });
    // No table of headers, no pushes, and windows and frames as large as can be.
    const settings = [1, 0, 2, 0, 4, LARGEST_WINDOW, 5, 2 ** 24 - 1];
    const payload = Buffer.alloc(settings.length * 3);
    for (let i = 0; i < settings.length; i += 2) {
      payload.writeUInt16BE(settings[i] as number, i * 3);
      payload.writeUInt32BE(settings[i + 1] as number, i * 3 + 2);
    }
    this.#write(PREFACE);
    this.#frame(SETTINGS, 0, 0, payload);
    this.#frame(WINDOW_UPDATE, 0, 0, uint32(LARGEST_WINDOW - DEFAULT_WINDOW));
  }

  static connect(url: string, options: ConnectionOptions): Promise<Http2Client> {
    const { hostname, port, host } = new URL(url);
    return new Promise((resolve, reject) => {
      const onread = {
        buffer: Buffer.allocUnsafe(READ_BYTES),
        callback(length: number) {
          client.#take(onread.buffer, length);
          return true;
        },
      };
      const target = { host: hostname, port: Number(port || 443), ALPNProtocols: ["h2"], onread };
      const socket = connect({ ...options, ...target });
      const client = new Http2Client(socket, host);
      socket.once("error", reject);
      socket.once("secureConnect", () => {
        socket.off("error", reject);
        socket.on("error", () => {}); // "close" ends what is in flight
        resolve(client);
      });
    });
  }

  /** Resolves at the end of the answer, whatever its status. */
  send({ body, onData, ...head }: RequestOptions): Promise<Answer> {
    const id = this.#nextId;
    this.#nextId += 2;
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const block = encodeHeaders({ ...head, authority: this.#authority, length: bytes?.length });
    this.#frame(HEADERS, END_HEADERS | (bytes ? 0 : END_STREAM), id, block);
    for (let at = 0; bytes && at < bytes.length; at += MAX_FRAME) {
      const end = at + MAX_FRAME >= bytes.length;
      this.#sendData(frame(DATA, end ? END_STREAM : 0, id, bytes.subarray(at, at + MAX_FRAME)));
    }
    return new Promise((resolve) => {
      this.#streams.set(id, { status: 0, bytes: 0, kept: [], onData, resolve });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #sendData(data: Buffer): void {
    const size = data.length - FRAME_HEAD;
    if (this.#held.length > 0 || size > this.#sendWindow) {
      this.#held.push(data);
      return;
    }
    this.#sendWindow -= size;
    this.#write(data);
  }

  #write(bytes: Buffer): void {
    if (this.#out.length === 0) {
      setImmediate(() => {
        this.#socket.write(this.#out.length === 1 ? (this.#out[0] as Buffer) : Buffer.concat(this.#out));
        this.#out = [];
      });
    }
    this.#out.push(bytes);
  }

  #frame(type: number, flags: number, id: number, payload: Buffer): void {
    this.#write(frame(type, flags, id, payload));
  }

  /** What was read. The buffer is used again afterwards. */
  #take(bytes: Buffer, length: number): void {
    if (!this.#rest) return this.#read(bytes, length);
    const all = Buffer.concat([this.#rest, bytes.subarray(0, length)]);
    this.#rest = undefined;
    this.#read(all, all.length);
  }

  #read(bytes: Buffer, end: number): void {
    let at = 0;
    while (at < end) {
      if (this.#dataLeft > 0) {
        const to = Math.min(end, at + this.#dataLeft);
        this.#dataLeft -= to - at;
        this.#data(bytes, at, to);
        if (this.#dataLeft === 0 && this.#dataEnds) this.#end(this.#dataStream);
        at = to;
        continue;
      }
      const left = end - at;
      const length = left < FRAME_HEAD ? 0 : bytes.readUIntBE(at, 3);
      const type = bytes[at + 3];
      if (left < FRAME_HEAD || (type !== DATA && left < FRAME_HEAD + length)) {
        this.#rest = Buffer.from(bytes.subarray(at, end));
        return;
      }
      const flags = bytes[at + 4] as number;
      const id = bytes.readUInt32BE(at + 5);
      at += FRAME_HEAD;
      if (type === DATA) {
        [this.#dataLeft, this.#dataStream, this.#dataEnds] = [length, id, (flags & END_STREAM) !== 0];
        if (length === 0 && this.#dataEnds) this.#end(id);
        continue;
      }
      this.#control(type as number, flags, id, Buffer.from(bytes.subarray(at, at + length)));
      at += length;
    }
  }

  #data(bytes: Buffer, from: number, to: number): void {
    const stream = this.#streams.get(this.#dataStream);
    if (stream) {
      stream.bytes += to - from;
      if (stream.onData) stream.onData(bytes, from, to);
      else stream.kept.push(Buffer.from(bytes.subarray(from, to)));
    }
    this.#received += to - from;
    if (this.#received < LARGEST_WINDOW / 4) return;
    this.#frame(WINDOW_UPDATE, 0, 0, uint32(this.#received));
    this.#received = 0;
  }

  #control(type: number, flags: number, id: number, payload: Buffer): void {
    switch (type) {
      case HEADERS: {
        const stream = this.#streams.get(id);
        if (stream && stream.status === 0) stream.status = statusIn(flags & PADDED ? payload.subarray(1) : payload);
        if (flags & END_STREAM) this.#end(id);
        return;
      }
      case RST_STREAM:
        return this.#end(id);
      case SETTINGS:
        if (!(flags & ACK)) this.#frame(SETTINGS, ACK, 0, Buffer.alloc(0));
        return;
      case PING:
        if (!(flags & ACK)) this.#frame(PING, ACK, 0, payload);
        return;
      case WINDOW_UPDATE:
        if (id !== 0) return;
        this.#sendWindow += payload.readUInt32BE(0);
        for (const data of this.#held.splice(0)) this.#sendData(data);
        return;
      case GOAWAY:
        this.#socket.end();
    }
  }

  #end(id: number): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#streams.delete(id);
    const { status, bytes, kept, resolve } = stream;
    resolve({ status, bytes, text: kept.length > 0 ? Buffer.concat(kept).toString("utf8") : "" });
  }
}

function frame(type: number, flags: number, id: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEAD + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(id, 5);
  payload.copy(bytes, FRAME_HEAD);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
