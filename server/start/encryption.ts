import { readFile } from "node:fs/promises";
import { readEncryptionConfiguration, transformerFor } from "../auth/encryption/configuration.ts";
import type { Transformer as ValueTransformer } from "../auth/encryption/transformer.ts";
import { ConfigReloadMetrics } from "../http/config-reload-metrics.ts";
import type { Series } from "../http/series.ts";
import type { Kind } from "../registry/kind.ts";
import { builtInKinds } from "../registry/kinds.ts";
import type { Clock } from "../storage/clock.ts";
import type { Transformer } from "../storage/transformer.ts";
import type { ServerSettings } from "./settings.ts";
import { watchFile } from "./watch-file.ts";

const CUSTOM_GROUP = /^\/registry\/([^/]+\.[^/]+)\/([^/]+)\//;

export interface EncryptionParts {
  readonly settings: ServerSettings;
  readonly serverId: string;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly onError: (message: string) => void;
}

export interface Encryption {
  /** Absent: everything is kept as it is. */
  readonly transformer?: Transformer;
  readonly series: readonly Series[];
  stop(): void;
}

/**
 * `--encryption-provider-config`: what goes to disk encrypted. With `--encryption-provider-config-automatic-reload` a
 * changed file takes effect at once; one that is wrong leaves what was. (server/options/encryptionconfig/controller)
 * @throws Error that names the file and the field
 */
export async function startEncryption(parts: EncryptionParts): Promise<Encryption> {
  const { settings, serverId, clock, now, onError } = parts;
  const { encryptionProviderConfig: file } = settings;
  if (!file) return { series: [], stop: () => undefined };
  const text = await readFile(file, "utf8");
  let current = await transformerOf(text).catch((cause) => {
    throw new Error(`--encryption-provider-config ${file}: ${cause.message}`, { cause });
  });
  const metrics = new ConfigReloadMetrics({ of: "encryption", serverId, now });
  metrics.loaded(text);
  const failed = (error: unknown) => {
    metrics.failed();
    const what = error instanceof Error ? error.message : error;
    onError(`error processing encryption config file ${file}: ${what}`);
  };
  const unwatch = settings.encryptionProviderConfigAutomaticReload
    ? watchFile(file, {
        clock,
        text,
        async onChange(changed) {
          try {
            current = await transformerOf(changed);
            metrics.reloaded(changed);
          } catch (error) {
            failed(error);
          }
        },
        onError: failed,
      })
    : () => undefined;
  return {
    transformer: {
      toDisk: (key, value) => current.toDisk(key, value),
      fromDisk: (key, value) => current.fromDisk(key, value),
    },
    series: metrics.series,
    stop: unwatch,
  };
}

/** Resource by resource; without a configuration for a resource its bytes stay as they are. @throws Error that names the field */
async function transformerOf(text: string): Promise<Transformer> {
  const { parse } = await import("yaml");
  const configuration = readEncryptionConfiguration(parse(text));
  const resources = new Map<string, { group: string; resource: string }>();
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
      transformers.set(name, wanted.resource ? transformerFor(configuration, wanted) : undefined);
    }
    return transformers.get(name);
  };
  return {
    toDisk: (key, value) => find(key)?.toStorage(key, value) ?? value,
    fromDisk: (key, value) => find(key)?.fromStorage(key, value).plain ?? value,
  };
}

const resourceOf = ({ group, plural }: Kind) => ({ group, resource: plural });
