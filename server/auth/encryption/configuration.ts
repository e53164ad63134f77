import { randomBytes } from "node:crypto";
import type { CipherName } from "./ciphers.ts";
import { type KmsSettings, readKmsSettings } from "./kms/configuration.ts";
import type { KmsProvider } from "./kms/kms-provider.ts";
import { type Provider, providerTransformer, type Transformer } from "./transformer.ts";

/** A provider as configured: one by a plugin is not connected yet. */
export type ConfiguredProvider =
  | Exclude<Provider, { readonly name: "kms" }>
  | { readonly name: "kms"; readonly settings: KmsSettings };

/** `--encryption-provider-config`: which resources are encrypted how. (apiserver/pkg/server/options/encryptionconfig) */
export interface EncryptionConfiguration {
  readonly resources: readonly {
    readonly resources: readonly string[];
    readonly providers: readonly ConfiguredProvider[];
  }[];
}

const KEY_LENGTHS: Readonly<Record<CipherName, readonly number[]>> = {
  aescbc: [16, 24, 32],
  aesgcm: [16, 24, 32],
  secretbox: [32],
};

/** @param value the parsed YAML or JSON. @throws Error that names the field */
export function readEncryptionConfiguration(value: unknown): EncryptionConfiguration {
  const { kind, apiVersion, resources } = fields(value, "");
  if (kind !== "EncryptionConfiguration" || apiVersion !== "apiserver.config.k8s.io/v1") {
    throw new Error(
      `error decoding encryption provider configuration: no kind "${kind}" is registered for version "${apiVersion}"`,
    );
  }
  const kmsNames = new Set<string>();
  return {
    resources: nonEmpty(resources, "resources").map((entry, i) => {
      const path = `resources[${i}]`;
      const { resources: names, providers } = fields(entry, path);
      return {
        resources: nonEmpty(names, `${path}.resources`).map(String),
        providers: nonEmpty(providers, `${path}.providers`).map((provider, j) =>
          readProvider(provider, `${path}.providers[${j}]`, kmsNames),
        ),
      };
    }),
  };
}

/** @param kmsNames names of plugins so far: each may be there once */
function readProvider(value: unknown, path: string, kmsNames: Set<string>): ConfiguredProvider {
  const entries = Object.entries(fields(value, path));
  const [entry, ...more] = entries;
  if (!entry) throw new Error(`${path}: Required value: at least one ${path} provider is required`);
  if (more.length)
    throw new Error(
      `${path}: Invalid value: more than one provider specified in a single element, should split into different list elements`,
    );
  const [name, settings] = entry;
  if (name === "identity") return { name };
  if (name === "kms") {
    const read = readKmsSettings(fields(settings, `${path}.kms`), `${path}.kms`, kmsNames);
    kmsNames.add(read.name);
    return { name, settings: read };
  }
  if (!(name in KEY_LENGTHS)) throw new Error(`${path}: Invalid value: unknown provider "${name}"`);
  const known = name as CipherName;
  const keys = nonEmpty(fields(settings, `${path}.${name}`).keys, `${path}.${name}.keys`);
  return { name: known, keys: keys.map((key, i) => readKey(key, known, `${path}.${name}.keys[${i}]`)) };
}

function readKey(value: unknown, cipher: CipherName, path: string): { name: string; secret: Uint8Array } {
  const { name, secret } = fields(value, path);
  if (typeof name !== "string" || !name)
    throw new Error(`${path}.name: Required value: name is a mandatory field for a key`);
  if (typeof secret !== "string" || !secret)
    throw new Error(`${path}.secret: Required value: secret is a mandatory field for a key`);
  const bytes = Buffer.from(secret, "base64");
  const lengths = KEY_LENGTHS[cipher];
  if (bytes.toString("base64").replace(/=+$/, "") !== secret.replace(/=+$/, "")) {
    throw new Error(`${path}.secret: Invalid value: "REDACTED": secrets must be base64 encoded`);
  }
  if (!lengths.includes(bytes.length)) {
    const expected = `[${lengths.join(" ")}]`;
    throw new Error(
      `${path}.secret: Invalid value: "REDACTED": secret is not of the expected length, got ${bytes.length}, expected one of ${expected}`,
    );
  }
  return { name, secret: bytes };
}

function fields(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    // Narrowed to an object just here.
    return value as Record<string, unknown>;
  }
  throw new Error(`${path || "configuration"}: Invalid value: must be an object`);
}

function nonEmpty(value: unknown, path: string): unknown[] {
  if (Array.isArray(value) && value.length) return value;
  throw new Error(`${path}: Required value: at least one ${path} is required`);
}

/** @param kms the plugins that are connected, by name. `secrets`, `deployments.apps`, and the wildcards `*.apps`, `*.` (core) and `*.*`; the first entry that fits decides. */
export function transformerFor(
  configuration: EncryptionConfiguration,
  { group, resource }: { readonly group: string; readonly resource: string },
  kms: ReadonlyMap<string, KmsProvider>,
): Transformer | undefined {
  const names = [group ? `${resource}.${group}` : resource, `*.${group}`, "*.*"];
  const entry = configuration.resources.find(({ resources }) => resources.some((name) => names.includes(name)));
  return (
    entry &&
    providerTransformer(
      entry.providers.map((each) => connected(each, kms)),
      randomBytes,
    )
  );
}

function connected(provider: ConfiguredProvider, kms: ReadonlyMap<string, KmsProvider>): Provider {
  if (provider.name !== "kms") return provider;
  const found = kms.get(provider.settings.name);
  if (!found) throw new Error(`no KMS provider ${provider.settings.name}`);
  return { name: "kms", provider: found };
}
