import { connect } from "node:net";
import { type Annotations, decodeMessage, encodeMessage, textOf } from "./messages.ts";

const SERVICE = "/v2.KeyManagementService/";
const NOTHING = new Uint8Array();

export interface PluginStatus {
  readonly version: string;
  /** `ok`, or what is wrong. */
  readonly healthz: string;
  readonly keyId: string;
}

/** A text that the plugin has encrypted, with what it wants to see again to decrypt it. */
export interface Encrypted {
  readonly ciphertext: Uint8Array;
  readonly keyId: string;
  readonly annotations: Annotations;
}

/** A KMS v2 plugin. Calls throw Errors in the words of Go's gRPC. (k8s.io/kms/apis/v2) */
export interface KmsPlugin {
  status(): Promise<PluginStatus>;
  encrypt(plaintext: Uint8Array, uid: string): Promise<Encrypted>;
  decrypt(encrypted: Encrypted, uid: string): Promise<Uint8Array>;
  close(): void;
}

/**
 * Connects when it is first asked, and again when the plugin comes back.
 * @param endpoint `unix:///path`, or `unix:///@name` for an abstract socket @param timeoutMilliseconds of each call
 */
export async function connectPlugin(endpoint: string, timeoutMilliseconds: number): Promise<KmsPlugin> {
  const { Client, credentials, Metadata } = await import("@grpc/grpc-js");
  const path = decodeURIComponent(new URL(endpoint).pathname);
  const isAbstract = path.startsWith("/@");
  const address = isAbstract ? `unix-abstract:${path.slice(2)}` : `unix:${path}`;
  const client = new Client(address, credentials.createInsecure(), { "grpc.default_authority": "localhost" });
  const waiting = new Metadata({ waitForReady: true });
  const call = (method: string, request: Buffer) =>
    new Promise<Buffer>((resolve, reject) => {
      client.makeUnaryRequest(
        SERVICE + method,
        (message: Buffer) => message,
        (message: Buffer) => message,
        request,
        waiting,
        { deadline: Date.now() + timeoutMilliseconds },
        (error, response) => {
          if (response && !error) resolve(response);
          else void explained(error, isAbstract ? path.slice(1) : path).then(reject);
        },
      );
    });
  return {
    async status() {
      const { bytes } = decodeMessage(await call("Status", encodeMessage([])), 0);
      return { version: textOf(bytes.get(1)), healthz: textOf(bytes.get(2)), keyId: textOf(bytes.get(3)) };
    },
    async encrypt(plaintext, uid) {
      const request = encodeMessage([
        [1, plaintext],
        [2, uid],
      ]);
      const { bytes, annotations } = decodeMessage(await call("Encrypt", request), 3);
      return { ciphertext: bytes.get(1) ?? NOTHING, keyId: textOf(bytes.get(2)), annotations };
    },
    async decrypt({ ciphertext, keyId, annotations }, uid) {
      const request = encodeMessage([
        [1, ciphertext],
        [2, uid],
        [3, keyId],
        [4, annotations],
      ]);
      return decodeMessage(await call("Decrypt", request), 0).bytes.get(1) ?? NOTHING;
    },
    close: () => client.close(),
  };
}

const CODES = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
];
const DEADLINE_EXCEEDED = 4;
const INTERNAL = 13;

/** What the kernel says of a socket that nobody serves. */
const DIAL: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
};

async function explained(error: { readonly code: number; readonly details: string } | null, path: string) {
  const { code, details } = error ?? { code: INTERNAL, details: "no response" };
  const words = code === DEADLINE_EXCEEDED ? await whyLate(path) : details;
  return new Error(`rpc error: code = ${CODES[code] ?? "Unknown"} desc = ${words}`);
}

/** Go's client tells why it waited in vain; this one does not, so the socket is tried once more. */
function whyLate(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ path: path.replace(/^@/, "\0") });
    const done = (text: string) => {
      socket.destroy();
      resolve(text);
    };
    socket.once("connect", () => done("context deadline exceeded"));
    socket.once("error", ({ code = "" }: NodeJS.ErrnoException) => {
      const why = `dial unix ${path}: connect: ${DIAL[code] ?? code}`;
      done(`latest balancer error: connection error: desc = "transport: Error while dialing: ${why}"`);
    });
  });
}
