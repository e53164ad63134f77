import { randomBytes, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { readEncryptionConfiguration, transformerFor } from "../auth/encryption/configuration.ts";
import { KmsProvider } from "../auth/encryption/kms/kms-provider.ts";
import { connectPlugin } from "../auth/encryption/kms/plugin.ts";
import { isEncrypted, type Transformer as ValueTransformer } from "../auth/encryption/transformer.ts";
import type { Series } from "../http/series.ts";
import type { Kind } from "../registry/kind.ts";
import { builtInKinds } from "../registry/kinds.ts";
import type { Clock } from "../storage/clock.ts";
import type { Transformer } from "../storage/transformer.ts";
import { followConfiguration } from "./follow-configuration.ts";
import type { ServerSettings } from "./settings.ts";

const CUSTOM_GROUP = /^\/registry\/([^/]+\.[^/]+)\/([^/]+)\//;

export interface EncryptionParts {
  readonly settings: ServerSettings;
  readonly serverId: string;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly onError: (message: string) => void;
}

export interface Encryption {
  readonly transformer: Transformer;
  /** Of all KMS plugins. Absent: there are none, nor can a changed file name one. @throws Error */
  readonly checkPlugins?: () => Promise<void>;
  readonly series: readonly Series[];
  stop(): void;
}

/**
 * `--encryption-provider-config`: what goes to disk encrypted. With `--encryption-provider-config-automatic-reload` a
 * changed file takes effect once its plugins are well; one that is wrong leaves what was, and is tried again.
 * (server/options/encryptionconfig/controller)
 * @throws Error that names the file and the field
 */
export async function startEncryption(parts: EncryptionParts): Promise<Encryption> {
  const { settings, serverId, clock, now, onError } = parts;
  const { encryptionProviderConfig: file } = settings;
  if (!file) return { transformer: { fromDisk: (_, value) => asItIs(value) }, series: [], stop: () => undefined };
  const text = await readFile(file, "utf8");
  const initial = await configured(text, parts).catch((cause) => {
    throw new Error(`--encryption-provider-config ${file}: ${cause.message}`, { cause });
  });
  let current = initial;
  let isStopped = false;
  /** What is in effect, and what was until a while ago: reads from the database may still need that. */
  const open = new Set([initial]);
  const close = (each: Configured) => {
    open.delete(each);
    each.stop();
  };
  const { encryptionProviderConfigAutomaticReload: reloads } = settings;
  const failure = `error processing encryption config file ${file}`;
  const following = followConfiguration(file, {
    ...{ of: "encryption", text, serverId, clock, now, onError, reloads, failure: { reload: failure, read: failure } },
    retryAfter: (_, failures) => RETRY_MILLISECONDS * 2 ** failures,
    async apply(changed) {
      const next = await configured(changed, parts);
      open.add(next);
      try {
        await untilWell(next, clock, () => isStopped);
      } catch (error) {
        close(next);
        throw error;
      }
      const before = current;
      current = next;
      clock.after(before.graceMilliseconds, () => close(before));
    },
  });
  return {
    transformer: {
      prepare: (key, value) => current.prepare(key, value),
      checkWrite: (key) => current.checkWrite(key),
      toDisk: (key, value) => current.toDisk(key, value),
      fromDisk: (key, value) => current.fromDisk(key, value),
      method: (key) => current.method(key),
    },
    ...((reloads || current.plugins > 0) && { checkPlugins: () => current.checkPlugins() }),
    series: following.series,
    stop() {
      isStopped = true;
      following.stop();
      for (const each of [...open]) close(each);
    },
  };
}

/** What is wrong may be a plugin that is about to start. (DefaultTypedControllerRateLimiter) */
const RETRY_MILLISECONDS = 5;
/** How often, and at least how long, new plugins are asked before they take the place of others. */
const HEALTH_MILLISECONDS = 100;
const LEAST_PATIENCE_MILLISECONDS = 10_000;

/**
 * Waits for plugins that are new to be well: until then values are written as before. (encryptionconfig/controller
 * validateNewTransformersHealth) @throws Error when one does not get well, or there is no time left
 */
async function untilWell({ checkPlugins, graceMilliseconds }: Configured, clock: Clock, isStopped: () => boolean) {
  const until = clock.now() + Math.max(graceMilliseconds, LEAST_PATIENCE_MILLISECONDS);
  for (;;) {
    const problem = await checkPlugins().then(
      () => undefined,
      ({ message }: Error) => message,
    );
    if (isStopped()) throw new Error("the server stops");
    if (problem === undefined) return;
    if (clock.now() >= until) {
      const timeout = "polling error timed out waiting for the condition";
      throw new Error(`health check for new transformers failed, ${timeout}: ${problem}`);
    }
    await new Promise<void>((resolve) => clock.after(HEALTH_MILLISECONDS, resolve));
  }
}

/** What one text of the file says. */
interface Configured extends Required<Transformer> {
  readonly plugins: number;
  /** How long what was begun with it may take. */
  readonly graceMilliseconds: number;
  /** @throws Error that tells of each plugin which is not well */
  checkPlugins(): Promise<void>;
  stop(): void;
}

/** Resource by resource; without a configuration for a resource its bytes stay as they are. @throws Error that names the field */
async function configured(text: string, { clock, onError }: EncryptionParts): Promise<Configured> {
  const { parse } = await import("yaml");
  const configuration = readEncryptionConfiguration(parse(text));
  const kms = new Map<string, KmsProvider>();
  let graceMilliseconds = 0;
  for (const provider of configuration.resources.flatMap(({ providers }) => providers)) {
    if (provider.name !== "kms") continue;
    const { name, endpoint, timeoutMilliseconds } = provider.settings;
    const plugin = await connectPlugin(endpoint, timeoutMilliseconds);
    kms.set(name, new KmsProvider({ name, plugin, clock, random: randomBytes, newUid: randomUUID, onError }));
    graceMilliseconds += 2 * timeoutMilliseconds;
  }
  const providers = [...kms.values()];
  await Promise.all(providers.map((provider) => provider.start()));
  return {
    ...perResource((resource) => transformerFor(configuration, resource, kms)),
    plugins: providers.length,
    graceMilliseconds,
    async checkPlugins() {
      const problems: string[] = [];
      for (const [i, provider] of providers.entries()) {
        await provider.check().catch(({ message }: Error) => problems.push(`kms-provider-${i}: ${message}`));
      }
      if (problems.length > 0) throw new Error(problems.length > 1 ? `[${problems.join(", ")}]` : problems[0]);
    },
    stop() {
      for (const provider of providers) provider.stop();
    },
  };
}

interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

function perResource(transformerOf: (resource: GroupResource) => ValueTransformer | undefined): Required<Transformer> {
  const resources = new Map<string, GroupResource>();
  for (const kind of builtInKinds()) {
    if (kind.storagePrefix && !kind.convert) resources.set(kind.storagePrefix, resourceOf(kind));
  }
  // The longest prefix first: Endpoints are kept below Services' own.
  const prefixes = [...resources.keys()].sort((a, b) => b.length - a.length);
  const transformers = new Map<string, ValueTransformer | undefined>();
  const find = (key: string): ValueTransformer | undefined => {
    const prefix = prefixes.find((each) => key.startsWith(each));
    const [, group = "", resource = ""] = (prefix === undefined && CUSTOM_GROUP.exec(key)) || [];
    const name = prefix ?? `${group}/${resource}`;
    if (!transformers.has(name)) {
      const wanted = prefix === undefined ? { group, resource } : resources.get(prefix)!;
      transformers.set(name, wanted.resource ? transformerOf(wanted) : undefined);
    }
    return transformers.get(name);
  };
  return {
    prepare: (key, value) => find(key)?.prepare(value),
    checkWrite: (key) => find(key)?.checkWrite(),
    toDisk: (key, value) => find(key)?.toStorage(key, value) ?? value,
    fromDisk(key, value) {
      const transformer = find(key);
      if (!transformer) return asItIs(value);
      const { plain, stale } = transformer.fromStorage(key, value);
      return { value: plain, isStale: stale };
    },
    method: (key) => find(key)?.method() ?? "",
  };
}

/** What no rule is about was never encrypted, or cannot be read any more. (identity.NewEncryptCheckTransformer) */
function asItIs(value: Uint8Array) {
  if (isEncrypted(value)) throw new Error("identity transformer tried to read encrypted data");
  return { value, isStale: false };
}

const resourceOf = ({ group, plural }: Kind): GroupResource => ({ group, resource: plural });
