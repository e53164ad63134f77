import { connect, createServer } from "node:http2";
import type { Duplex } from "node:stream";
import type { Acceptor } from "./network/stack.ts";

/** Numbers of grpc.health.v1.HealthCheckResponse.ServingStatus. */
const STATES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;
export type ServingStatus = (typeof STATES)[number];

const PATH = "/grpc.health.v1.Health/Check";
const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;

/** A call that the server refused. */
export class GrpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A message as gRPC frames it: not compressed, then its length. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** The health service of gRPC, and nothing else. @param check undefined: there is no such service */
export function healthAcceptor(check: (service: string) => ServingStatus | undefined): Acceptor {
  const server = createServer();
  server.on("stream", (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      // Field 1, a string shorter than 128 bytes: the service's name.
      const request = Buffer.concat(chunks).subarray(5);
      const service = request[0] === 0x0a ? request.subarray(2, 2 + (request[1] ?? 0)).toString("utf8") : "";
      const isKnown = headers[":path"] === PATH;
      const state = isKnown ? check(service) : undefined;
      const [code, message] = !isKnown
        ? [UNIMPLEMENTED, `unknown method ${String(headers[":path"])}`]
        : state === undefined
          ? [NOT_FOUND, "unknown service"]
          : [0, ""];
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(code), "grpc-message": message }));
      stream.end(state === undefined ? undefined : framed(Buffer.from([0x08, STATES.indexOf(state)])));
    });
  });
  return (connection) => void server.emit("connection", connection);
}

/** Asks a server how a service of it is. @throws GrpcError, Error */
export function askHealth(connection: Duplex, authority: string, service: string): Promise<ServingStatus> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://${authority}`, { createConnection: () => connection });
    const fail = (error: Error) => {
      session.destroy();
      reject(error);
    };
    session.once("error", fail);
    connection.once("close", () => fail(new Error("connection closed before the answer")));
    const stream = session.request({
      ":method": "POST",
      ":path": PATH,
      "content-type": "application/grpc",
      "user-agent": "kube-probe/1.36",
      te: "trailers",
    });
    const chunks: Buffer[] = [];
    let code = 0;
    let message = "";
    const status = (headers: Record<string, unknown>) => {
      if (headers["grpc-status"] !== undefined) code = Number(headers["grpc-status"]);
      message = String(headers["grpc-message"] ?? message);
    };
    stream.once("error", fail);
    stream.once("response", status);
    stream.once("trailers", status);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.once("end", () => {
      // The trailers are there by now.
      const answer = Buffer.concat(chunks).subarray(5);
      if (code !== 0) reject(new GrpcError(code, message));
      else resolve(STATES[answer[0] === 0x08 ? (answer[1] ?? 0) : 0] ?? "UNKNOWN");
      session.close();
    });
    const name = Buffer.from(service);
    stream.end(framed(name.length > 0 ? Buffer.concat([Buffer.from([0x0a, name.length]), name]) : name));
  });
}
