import { durationMilliseconds } from "../../../meta/duration.ts";

/** One `kms` entry of `providers`, of API version v2. (apiserver/validation/validation_encryption.go) */
export interface KmsSettings {
  readonly name: string;
  /** `unix:///path/of/socket` */
  readonly endpoint: string;
  /** Of each call. */
  readonly timeoutMilliseconds: number;
}

const DEFAULT_TIMEOUT = "3s";

/** @param names of the plugins before it. @throws Error that names the field */
export function readKmsSettings(
  { name, endpoint, timeout, apiVersion, cachesize }: Record<string, unknown>,
  path: string,
  names: ReadonlySet<string>,
): KmsSettings {
  const invalid = (field: string, value: unknown, why: string) =>
    new Error(`${path}.${field}: Invalid value: ${JSON.stringify(value)}: ${why}`);
  const required = (field: string, what: string) =>
    new Error(`${path}.${field}: Required value: ${field} is a mandatory field for a ${what}`);
  // Upstream's default; version 1 is behind a feature gate there, and not here at all.
  const version = apiVersion || "v1";
  if (version === "v1") {
    throw new Error(
      "KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.  Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature.",
    );
  }
  if (typeof name !== "string" || !name) throw required("name", "provider");
  if (name.includes(":")) throw invalid("name", name, `invalid KMS provider name ${name}, must not contain ':'`);
  if (names.has(name)) throw invalid("name", name, `duplicate KMS provider name ${name}, names must be unique`);
  const timeoutMilliseconds = durationMilliseconds(String(timeout ?? DEFAULT_TIMEOUT));
  if (!(timeoutMilliseconds > 0)) throw invalid("timeout", timeout, "timeout should be a positive value");
  if (typeof endpoint !== "string" || !endpoint) throw required("endpoint", "kms");
  const [, scheme = ""] = /^([a-z][a-z0-9+.-]*):/i.exec(endpoint) ?? [];
  if (scheme.toLowerCase() !== "unix") {
    const why = `unsupported scheme ${JSON.stringify(scheme)} for KMS provider, only unix is supported`;
    throw invalid("endpoint", endpoint, why);
  }
  if (version !== "v2") {
    const why = "unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported";
    throw invalid("apiVersion", version, why);
  }
  if (cachesize !== undefined) throw invalid("cachesize", cachesize, "cachesize is not supported in v2");
  return { name, endpoint, timeoutMilliseconds };
}
