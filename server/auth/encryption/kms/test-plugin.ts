import { Server, ServerCredentials } from "@grpc/grpc-js";
import { decodeMessage, encodeMessage, textOf } from "./messages.ts";

/** What a test's plugin answers from now on. */
export interface TestPlugin {
  keyId: string;
  healthz: string;
  stop(): void;
}

type Call = { request: Buffer };
type Answer = (error: { code: number; details: string } | null, message?: Buffer) => void;

const INVALID_ARGUMENT = 3;
const ANNOTATIONS = { "a.example.com": Buffer.from([0, 255]), "b.example.com": Buffer.alloc(0) };

/** A KMS v2 plugin that turns bytes around, and insists on being shown again what it answered. */
export async function serveTestPlugin(path: string): Promise<TestPlugin> {
  const server = new Server();
  const plugin: TestPlugin = { keyId: "key-1", healthz: "ok", stop: () => server.forceShutdown() };
  const methods = { Status: method("Status"), Encrypt: method("Encrypt"), Decrypt: method("Decrypt") };
  server.addService(methods, {
    Status(_: Call, answer: Answer) {
      const { healthz, keyId } = plugin;
      const fields = [
        [1, "v2"],
        [2, healthz],
        [3, keyId],
      ] as const;
      answer(null, encodeMessage(fields));
    },
    Encrypt({ request }: Call, answer: Answer) {
      const plain = decodeMessage(request, 0).bytes.get(1) ?? [];
      const fields = [
        [1, Buffer.from(plain).reverse()],
        [2, plugin.keyId],
        [3, ANNOTATIONS],
      ] as const;
      answer(null, encodeMessage(fields));
    },
    Decrypt({ request }: Call, answer: Answer) {
      const { bytes, annotations } = decodeMessage(request, 4);
      const keyId = textOf(bytes.get(3));
      const isMine = Object.entries(ANNOTATIONS).every(([name, value]) =>
        value.equals(annotations[name] ?? Buffer.of(1)),
      );
      if (!isMine || !keyId.startsWith("key-"))
        return answer({ code: INVALID_ARGUMENT, details: `not mine: ${keyId}` });
      answer(null, encodeMessage([[1, Buffer.from(bytes.get(1) ?? []).reverse()]]));
    },
  });
  await new Promise<void>((resolve, reject) => {
    const bound = (error: Error | null) => (error ? reject(error) : resolve());
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), bound);
  });
  return plugin;
}

const same = (message: Buffer) => message;

function method(name: string) {
  return {
    path: `/v2.KeyManagementService/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}
