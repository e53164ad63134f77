import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { providerTransformer } from "../transformer.ts";
import { expand } from "./envelope.ts";
import { KmsProvider } from "./kms-provider.ts";
import type { Encrypted, KmsPlugin } from "./plugin.ts";

const KEY = "/registry/secrets/ns/s";
const text = Buffer.from('{"kind":"Secret"}');
const hash = (id: string) => `sha256:${createHash("sha256").update(id).digest("hex")}`;

/** A plugin in memory, a clock that stands still, and a provider of both. */
function make() {
  const answers = { keyId: "key-1", healthz: "ok", version: "v2", encryptsWith: "", isDown: false, annotation: "" };
  const asked: string[] = [];
  const down = () => {
    if (answers.isDown) throw new Error("rpc error: code = Unavailable desc = gone");
  };
  const plugin: KmsPlugin = {
    async status() {
      asked.push("status");
      down();
      const { version, healthz, keyId } = answers;
      return { version, healthz, keyId };
    },
    async encrypt(plaintext) {
      asked.push("encrypt");
      down();
      const { keyId, encryptsWith, annotation } = answers;
      const annotations: Encrypted["annotations"] = annotation ? { [annotation]: Buffer.of(1) } : {};
      return { ciphertext: Buffer.from(plaintext).reverse(), keyId: encryptsWith || keyId, annotations };
    },
    async decrypt({ ciphertext }) {
      asked.push("decrypt");
      down();
      return Buffer.from(ciphertext).reverse();
    },
    close: () => asked.push("close"),
  };
  const time = { now: Date.parse("2026-01-01T00:00:00Z"), timers: [] as { at: number; run: () => void }[] };
  const provider = () =>
    new KmsProvider({
      name: "vault",
      plugin,
      clock: {
        now: () => time.now,
        after(milliseconds, run) {
          time.timers.push({ at: time.now + milliseconds, run });
          return () => undefined;
        },
      },
      random: randomBytes,
      newUid: () => "uid",
      onError: () => undefined,
    });
  return { answers, asked, time, provider };
}

const transformerOf = (kms: KmsProvider) =>
  providerTransformer([{ name: "kms", provider: kms }, { name: "identity" }], randomBytes);

test("keys are derived as HKDF's second step does (RFC 5869, first test case)", () => {
  const key = Buffer.from("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5", "hex");
  const found = Buffer.from(expand(key, Buffer.from("f0f1f2f3f4f5f6f7f8f9", "hex"))).toString("hex");
  expect(found).toBe("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
});

test("values are read back, bound to their place, by a server that asks once for their seed", async () => {
  const { asked, answers, provider } = make();
  answers.annotation = "version.example.com";
  const writer = provider();
  await writer.start();
  const stored = [text, randomBytes(1000), Buffer.of(1)].map((plain) => transformerOf(writer).toStorage(KEY, plain));
  expect(Buffer.from(stored[0]!).toString("latin1")).toMatch(/^k8s:enc:kms:v2:vault:/);
  expect(Buffer.from(stored[0]!).includes("Secret")).toBe(false);
  expect(asked).toEqual(["status", "encrypt"]);

  const reader = transformerOf(provider());
  expect(() => reader.fromStorage(KEY, stored[0]!)).toThrow("failed to decrypt DEK");
  for (const each of stored) await reader.prepare(each);
  expect(asked).toEqual(["status", "encrypt", "decrypt"]);
  expect(Buffer.from(reader.fromStorage(KEY, stored[0]!).plain)).toEqual(text);
  expect(() => reader.fromStorage("/registry/secrets/ns/other", stored[0]!)).toThrow();
  expect(reader.prepare(text)).toBeUndefined();
  expect(reader.fromStorage(KEY, text)).toMatchObject({ plain: text, stale: true });
});

test("another key of the plugin means another seed; what was written before is read, and stale", async () => {
  const { answers, asked, time, provider } = make();
  const kms = provider();
  await kms.start();
  const transformer = transformerOf(kms);
  const old = transformer.toStorage(KEY, text);
  expect(transformer.fromStorage(KEY, old).stale).toBe(false);
  answers.keyId = "key-2";
  const timer = time.timers.pop();
  expect(timer?.at).toBe(time.now + 60_000);
  time.now += 60_000;
  timer?.run();
  await expect.poll(() => asked.filter((each) => each === "encrypt").length).toBe(2);
  await expect.poll(() => transformer.fromStorage(KEY, old).stale).toBe(true);
  expect(Buffer.from(transformer.fromStorage(KEY, old).plain)).toEqual(text);
  expect(transformer.fromStorage(KEY, transformer.toStorage(KEY, text)).stale).toBe(false);
});

test("without the plugin writes go on for three minutes, reads for ever", async () => {
  const { answers, time, provider } = make();
  const kms = provider();
  await kms.start();
  const transformer = transformerOf(kms);
  answers.isDown = true;
  time.now += 180_000;
  transformer.checkWrite();
  const stored = transformer.toStorage(KEY, text);
  time.now += 1000;
  expect(() => transformer.checkWrite()).toThrow(
    `encryptedDEKSource with keyID hash "${hash("key-1")}" expired at 2026-01-01T00:03:00Z (current time is 2026-01-01T00:03:01Z)`,
  );
  expect(Buffer.from(transformer.fromStorage(KEY, stored).plain)).toEqual(text);
  await expect(kms.check()).rejects.toThrow(
    "failed to perform status section of the healthz check for KMS Provider vault, error: rpc error: code = Unavailable desc = gone",
  );
  // Once more within three seconds: the plugin is not asked again.
  await expect(kms.check()).rejects.toThrow(/^rpc error: code = Unavailable desc = gone$/);
  answers.isDown = false;
  time.now += 3000;
  await kms.check();
  transformer.checkWrite();
});

test("a plugin that was never there lets nothing be written", async () => {
  const { answers, time, provider } = make();
  answers.isDown = true;
  const kms = provider();
  await kms.start();
  expect(time.timers.map(({ at }) => at - time.now)).toEqual([10_000]);
  expect(() => transformerOf(kms).checkWrite()).toThrow("got unexpected nil transformer");
});

describe("a plugin is not well", () => {
  const rotation = (generated: string, encryptsWith = "") =>
    `failed to rotate DEK uid="uid", useSeed=true, errState=got unexpected nil transformer, errGen=${generated}, statusKeyIDHash="${hash("key-1")}", encryptKeyIDHash="${encryptsWith}", stateKeyIDHash="", expirationTimestamp=0001-01-01T00:00:00Z`;
  test.each([
    [{ healthz: "vault is sealed" }, "got unexpected healthz status: vault is sealed"],
    [{ version: "v1" }, "expected KMSv2 API version v2, got v1"],
    [{ keyId: "" }, 'got invalid KMSv2 KeyID hash "": keyID is empty'],
    [{ encryptsWith: "key-9" }, rotation("<nil>", hash("key-9"))],
    [
      { annotation: "short" },
      rotation(
        'failed to validate annotations: annotations: Invalid value: "short": should be a domain with at least two segments separated by dots',
      ),
    ],
    [{ healthz: "no", version: "v3" }, "[got unexpected healthz status: no, expected KMSv2 API version v2, got v3]"],
  ])("that answers %j", async (wrong, message) => {
    const { answers, provider } = make();
    Object.assign(answers, wrong);
    const error = await provider()
      .check()
      .catch((cause: Error) => cause.message);
    expect(error).toBe(`kmsv2 Provider vault is not healthy, error: ${message}`);
  });
});
