import { readFileSync } from "node:fs";
import { readEncryptionConfiguration, transformerFor } from "../auth/encryption/configuration.ts";
import type { Transformer as ValueTransformer } from "../auth/encryption/transformer.ts";
import type { Kind } from "../registry/kind.ts";
import { builtInKinds } from "../registry/kinds.ts";
import type { Transformer } from "../storage/transformer.ts";

const CUSTOM_GROUP = /^\/registry\/([^/]+\.[^/]+)\/([^/]+)\//;

/**
 * `--encryption-provider-config`: what goes to disk encrypted, resource by resource. Without a configuration for a
 * resource its bytes stay as they are. @throws Error that names the field
 */
export async function encryptionAtRest(path: string): Promise<Transformer> {
  const { parse } = await import("yaml");
  const configuration = readEncryptionConfiguration(parse(readFileSync(path, "utf8")));
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
