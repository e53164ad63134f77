import type { Clock } from "../../../storage/clock.ts";
import { aesGcm, type Cipher } from "../ciphers.ts";
import {
  checkSource,
  decodeEncryptedObject,
  encodeEncryptedObject,
  keyIdHash,
  keyIdProblem,
  type SourceType,
  seedCipher,
} from "./envelope.ts";
import type { Encrypted, KmsPlugin, PluginStatus } from "./plugin.ts";

/** Upstream's: how often a plugin is asked when it is well and when it is not, and how long writes go on without it. */
const WELL_MILLISECONDS = 60_000;
const ILL_MILLISECONDS = 10_000;
const WRITE_MILLISECONDS = 180_000;
/** How long an answer is good enough for a health check. */
const WELL_ANSWER_MILLISECONDS = 20_000;
const ILL_ANSWER_MILLISECONDS = 3000;
const SEED_SIZE = 32;
/** Seeds that are remembered: one for each key id and start of a server, so few. */
const MAX_SEEDS = 1000;

export interface KmsProviderOptions {
  readonly name: string;
  readonly plugin: KmsPlugin;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array;
  readonly newUid: () => string;
  readonly onError: (message: string) => void;
}

/** What new values are encrypted with. */
interface Current {
  readonly cipher: Cipher;
  readonly source: Encrypted;
  expiresAt: number;
}

/**
 * Values encrypted with a seed that is stored beside them, itself encrypted by a KMS v2 plugin: `k8s:enc:kms:v2:NAME:`
 * and an EncryptedObject. The plugin is asked once for each seed and each change of its key. (envelope/kmsv2,
 * server/options/encryptionconfig)
 */
export class KmsProvider implements Cipher {
  readonly prefix: string;
  readonly #options: KmsProviderOptions;
  /** By the encrypted seed or key, its key's id and annotations. */
  readonly #ciphers = new Map<string, Cipher>();
  #current: Current | undefined;
  #version = "";
  #answer: { readonly error: Error | undefined; readonly until: number } | undefined;
  #asking: Promise<void> | undefined;
  #cancel: () => void = () => undefined;
  #isStopped = false;

  constructor(options: KmsProviderOptions) {
    this.#options = options;
    this.prefix = `k8s:enc:kms:v2:${options.name}:`;
  }

  /** Asks the plugin, and goes on asking. That it does not answer is no error: it may start after the server. */
  async start(): Promise<void> {
    const { clock, name, onError } = this.#options;
    let isWell = true;
    await this.check().catch((error: Error) => {
      isWell = false;
      onError(`kms plugin failed health check probe: name=${name}: ${error.message}`);
    });
    if (this.#isStopped) return;
    this.#cancel = clock.after(isWell ? WELL_MILLISECONDS : ILL_MILLISECONDS, () => void this.start());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
    this.#options.plugin.close();
  }

  /** Of the health check. @throws Error that says why the provider is not well */
  check(): Promise<void> {
    const { now } = this.#options.clock;
    if (this.#answer && now() < this.#answer.until) {
      return this.#answer.error ? Promise.reject(this.#answer.error) : Promise.resolve();
    }
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    const { clock, name, plugin } = this.#options;
    const answered = (error: Error | undefined) => {
      const milliseconds = error ? ILL_ANSWER_MILLISECONDS : WELL_ANSWER_MILLISECONDS;
      this.#answer = { error, until: clock.now() + milliseconds };
    };
    let status: PluginStatus;
    try {
      status = await plugin.status();
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      answered(cause);
      throw new Error(
        `failed to perform status section of the healthz check for KMS Provider ${name}, error: ${cause.message}`,
      );
    }
    const problems = await this.#take(status);
    if (problems.length === 0) return answered(undefined);
    const all = problems.length > 1 ? `[${problems.join(", ")}]` : problems[0];
    const error = new Error(`kmsv2 Provider ${name} is not healthy, error: ${all}`);
    answered(error);
    throw error;
  }

  /** @returns what is wrong with an answer */
  async #take({ healthz, version, keyId }: PluginStatus): Promise<string[]> {
    const problems: string[] = [];
    if (healthz !== "ok") problems.push(`got unexpected healthz status: ${healthz}`);
    if (version !== "v2" && version !== "v2beta1") {
      problems.push(`expected KMSv2 API version v2, got ${version}`);
    } else {
      this.#version ||= version;
      if (this.#version !== version) {
        problems.push(
          `KMSv2 API version should not change after the initial status response version ${this.#version}, got ${version}`,
        );
      }
    }
    const problem = keyIdProblem(keyId);
    if (problem) problems.push(`got invalid KMSv2 KeyID hash ${JSON.stringify(keyIdHash(keyId))}: ${problem}`);
    else {
      const failure = await this.#renew(keyId);
      if (failure) problems.push(failure);
    }
    return problems;
  }

  /** Goes on with the seed while the plugin's key is the same, else makes a new one. @returns why it could not */
  async #renew(keyId: string): Promise<string> {
    const { clock, plugin, random, newUid } = this.#options;
    // From before the plugin is asked: the bound is one of time without any answer.
    const expiresAt = clock.now() + WRITE_MILLISECONDS;
    const current = this.#current;
    if (current?.source.keyId === keyId) {
      current.expiresAt = expiresAt;
      return "";
    }
    const uid = newUid();
    const seed = random(SEED_SIZE);
    let source: Encrypted | undefined;
    let failure = "<nil>";
    try {
      source = await plugin.encrypt(seed, uid).catch((cause: Error) => {
        throw new Error(`failed to encrypt DEK, error: ${cause.message}`);
      });
      checkSource(source);
      if (source.keyId === keyId) {
        const cipher = seedCipher(seed, random);
        this.#current = { cipher, source, expiresAt };
        this.#remember(cacheKey(source, "seed"), cipher);
        return "";
      }
    } catch (error) {
      source = undefined;
      failure = error instanceof Error ? error.message : String(error);
    }
    const state = current ? "<nil>" : "got unexpected nil transformer";
    const hash = (id: string | undefined) => JSON.stringify(keyIdHash(id ?? ""));
    const until = current ? rfc3339(current.expiresAt) : "0001-01-01T00:00:00Z";
    return `failed to rotate DEK uid=${JSON.stringify(uid)}, useSeed=true, errState=${state}, errGen=${failure}, statusKeyIDHash=${hash(keyId)}, encryptKeyIDHash=${hash(source?.keyId)}, stateKeyIDHash=${hash(current?.source.keyId)}, expirationTimestamp=${until}`;
  }

  /** Whether a value may be written now. @throws Error in upstream's words */
  checkWrite(): void {
    const { expiresAt, source } = this.#usable();
    const now = this.#options.clock.now();
    if (now <= expiresAt) return;
    const hash = JSON.stringify(keyIdHash(source.keyId));
    throw new Error(
      `encryptedDEKSource with keyID hash ${hash} expired at ${rfc3339(expiresAt)} (current time is ${rfc3339(now)})`,
    );
  }

  /** @param key the storage key, which is bound to the value. @throws Error while there is no seed */
  encrypt(key: string, plain: Uint8Array): Uint8Array {
    const { cipher, source } = this.#usable();
    return encodeEncryptedObject({ data: cipher.encrypt(key, plain), source, type: "seed" });
  }

  /** Asks the plugin for the seed of a stored value. @returns undefined when it is known. @throws Error */
  prepare(stored: Uint8Array): Promise<void> | undefined {
    const { source, type } = decodeEncryptedObject(stored);
    const known = cacheKey(source, type);
    if (this.#ciphers.has(known)) return undefined;
    const { plugin, random, newUid } = this.#options;
    return plugin.decrypt(source, newUid()).then(
      (secret) => this.#remember(known, type === "seed" ? seedCipher(secret, random) : aesGcm(secret, random)),
      (cause: Error) => {
        throw new Error(`failed to decrypt DEK, error: ${cause.message}`);
      },
    );
  }

  /** Of a value that was prepared. @throws Error */
  decrypt(key: string, stored: Uint8Array): Uint8Array {
    const { data, source, type } = decodeEncryptedObject(stored);
    const cipher = this.#ciphers.get(cacheKey(source, type));
    if (!cipher) throw new Error("failed to decrypt DEK, error: it was not asked for");
    return cipher.decrypt(key, data);
  }

  /** The plugin's key that new seeds are encrypted with; empty while there is none. */
  get keyId(): string {
    return this.#current?.source.keyId ?? "";
  }

  /** Whether a value was encrypted with another key than new ones are. @throws Error */
  isStale(stored: Uint8Array): boolean {
    const { source, type } = decodeEncryptedObject(stored);
    return type !== "seed" || source.keyId !== this.#current?.source.keyId;
  }

  #usable(): Current {
    if (!this.#current) throw new Error("got unexpected nil transformer");
    return this.#current;
  }

  #remember(key: string, cipher: Cipher): void {
    if (this.#ciphers.size >= MAX_SEEDS) this.#ciphers.delete(this.#ciphers.keys().next().value ?? "");
    this.#ciphers.set(key, cipher);
  }
}

function cacheKey({ ciphertext, keyId, annotations }: Encrypted, type: SourceType): string {
  const sorted = Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1));
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const parts = sorted.map(([name, value]) => `${name}\0${base64(value)}`);
  return [type, base64(ciphertext), keyId, ...parts].join("\0");
}

const rfc3339 = (milliseconds: number) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
