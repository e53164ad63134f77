import { randomBytes } from "node:crypto";
import { aggregateMessage } from "../../meta/field-error.ts";
import { isMembers } from "../../meta/members.ts";
import { readStrictly, type Shape } from "../strict-fields.ts";
import type { CipherName } from "./ciphers.ts";
import { type GivenKms, type KmsSettings, kmsSettings } from "./kms/configuration.ts";
import type { KmsProvider } from "./kms/kms-provider.ts";
import { parseResource, type ResourceRule, refuseMasked, ruleName, rulesFor } from "./resource-rules.ts";
import { type Provider, providerTransformer, type Transformer } from "./transformer.ts";
import { validateEncryption } from "./validation.ts";

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

/** A key as it stands in the file: base64. */
export interface GivenKey {
  readonly name?: string;
  readonly secret?: string;
}

/** One element of `providers`, which should have one member. */
export interface GivenProvider extends Readonly<Partial<Record<CipherName, { readonly keys?: readonly GivenKey[] }>>> {
  readonly identity?: object;
  readonly kms?: GivenKms;
}

/** The file, of the right types. (apiserver/pkg/apis/apiserver/v1/types_encryption.go) */
export interface GivenEncryption {
  readonly resources?: readonly {
    readonly resources?: readonly string[];
    readonly providers?: readonly GivenProvider[];
  }[];
}

const TEXT: Shape = { kind: "string" };
const object = (goType: string, fields: Readonly<Record<string, Shape>>): Shape => ({ kind: "object", goType, fields });
const list = (goType: string, of: Shape): Shape => ({ kind: "list", goType: `[]${goType}`, of });
const KEYS = { keys: list("v1.Key", object("v1.Key", { name: TEXT, secret: TEXT })) };
const PROVIDER = object("v1.ProviderConfiguration", {
  aesgcm: object("v1.AESConfiguration", KEYS),
  aescbc: object("v1.AESConfiguration", KEYS),
  secretbox: object("v1.SecretboxConfiguration", KEYS),
  identity: object("v1.IdentityConfiguration", {}),
  kms: object("v1.KMSConfiguration", {
    ...{ apiVersion: TEXT, name: TEXT, endpoint: TEXT, timeout: TEXT },
    cachesize: { kind: "number" },
  }),
});
const RESOURCE = object("v1.ResourceConfiguration", {
  resources: list("string", TEXT),
  providers: list("v1.ProviderConfiguration", PROVIDER),
});
const CONFIGURATION = object("v1.EncryptionConfiguration", {
  ...{ kind: TEXT, apiVersion: TEXT },
  resources: list("v1.ResourceConfiguration", RESOURCE),
});

/** @param value the parsed YAML or JSON. @throws Error that names every field that is wrong */
export function readEncryptionConfiguration(value: unknown): EncryptionConfiguration {
  const { kind, apiVersion } = isMembers(value) ? value : {};
  if (kind !== "EncryptionConfiguration" || apiVersion !== "apiserver.config.k8s.io/v1") {
    const what = `no kind "${kind ?? ""}" is registered for version "${apiVersion ?? ""}"`;
    throw new Error(`error decoding encryption provider configuration: ${what}`);
  }
  // It has the shape just read.
  const given = readStrictly(value, CONFIGURATION, "EncryptionConfiguration") as GivenEncryption;
  const errors = validateEncryption(given);
  if (errors.length > 0) throw new Error(aggregateMessage(errors));
  const resources = (given.resources ?? []).map(({ resources: names = [], providers = [] }) => ({
    resources: names.map((name) => ruleName(parseResource(name))),
    providers: providers.map(configured),
  }));
  refuseMasked(resources);
  return { resources };
}

/** Of one that is valid. */
function configured(given: GivenProvider): ConfiguredProvider {
  if (given.kms) return { name: "kms", settings: kmsSettings(given.kms) };
  for (const name of ["aesgcm", "aescbc", "secretbox"] as const) {
    const keys = given[name]?.keys;
    if (keys) return { name, keys: keys.map(keyOf) };
  }
  return { name: "identity" };
}

const keyOf = ({ name = "", secret = "" }: GivenKey) => ({ name, secret: Buffer.from(secret, "base64") });

/**
 * The most special rule decides: `secrets` or `deployments.apps`, `*.apps` or `*.` (core), `*.*`. One that is there several
 * times has the providers of all of these.
 * @param kms the plugins that are connected, by name
 */
export function transformerFor(
  { resources }: EncryptionConfiguration,
  resource: ResourceRule,
  kms: ReadonlyMap<string, KmsProvider>,
): Transformer | undefined {
  for (const rule of rulesFor(resource)) {
    const entries = resources.filter((entry) => entry.resources.includes(rule));
    const providers = entries.flatMap((entry) => entry.providers.map((each) => connected(each, kms)));
    if (providers.length > 0) return providerTransformer(providers, randomBytes);
  }
  return undefined;
}

function connected(provider: ConfiguredProvider, kms: ReadonlyMap<string, KmsProvider>): Provider {
  if (provider.name !== "kms") return provider;
  const found = kms.get(provider.settings.name);
  if (!found) throw new Error(`no KMS provider ${provider.settings.name}`);
  return { name: "kms", provider: found };
}
