import { durationMilliseconds } from "../../../meta/duration.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../../meta/field-error.ts";
import { splitScheme, urlProblem } from "../../../meta/request-uri.ts";

/** One `kms` entry of `providers` as it stands in the file. (apiserver/v1 KMSConfiguration) */
export interface GivenKms {
  readonly apiVersion?: string;
  readonly name?: string;
  readonly cachesize?: number;
  readonly endpoint?: string;
  readonly timeout?: string;
}

/** The same of API version v2, checked. */
export interface KmsSettings {
  readonly name: string;
  /** `unix:///path/of/socket` */
  readonly endpoint: string;
  /** Of each call. */
  readonly timeoutMilliseconds: number;
}

const DEFAULT_TIMEOUT = "3s";
/** Upstream's default; version 1 is behind a feature gate there, and not here at all. */
const DEFAULT_VERSION = "v1";

/**
 * (apiserver/validation/validation_encryption.go validateKMSConfiguration)
 * @param names of the plugins before it. @throws ScalarError for a timeout that is none
 */
export function validateKms(
  { name = "", endpoint = "", timeout = DEFAULT_TIMEOUT, apiVersion, cachesize }: GivenKms,
  field: string,
  names: ReadonlySet<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  const invalid = (member: string, value: unknown, detail: string) =>
    errors.push(fieldInvalid(`${field}.${member}`, value, detail));
  const version = apiVersion || DEFAULT_VERSION;
  if (!name) errors.push(fieldRequired(`${field}.name`, "name is a mandatory field for a provider"));
  if (version !== "v1") {
    if (name.includes(":")) invalid("name", name, `invalid KMS provider name ${name}, must not contain ':'`);
    if (names.has(name)) invalid("name", name, `duplicate KMS provider name ${name}, names must be unique`);
  }
  if (!(durationMilliseconds(timeout) > 0)) invalid("timeout", timeout, "timeout should be a positive value");
  const problem = endpointProblem(endpoint);
  if (problem) invalid("endpoint", endpoint, problem);
  if (version !== "v1" && cachesize !== undefined) invalid("cachesize", cachesize, "cachesize is not supported in v2");
  if (version === "v1" && cachesize === 0) {
    invalid("cachesize", cachesize, "cachesize should be a positive value, or negative to disable");
  }
  if (version !== "v1" && version !== "v2") {
    invalid("apiVersion", version, "unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported");
  }
  return errors;
}

function endpointProblem(endpoint: string): string | undefined {
  if (!endpoint) return "endpoint is a mandatory field for a kms";
  const wrong = urlProblem(endpoint);
  if (wrong) return `invalid endpoint for kms provider, error: ${wrong}`;
  const split = splitScheme(endpoint);
  const scheme = typeof split === "string" ? "" : split.scheme.toLowerCase();
  return scheme === "unix"
    ? undefined
    : `unsupported scheme ${JSON.stringify(scheme)} for KMS provider, only unix is supported`;
}

/** Of one that is valid. @throws Error for version 1 */
export function kmsSettings({ name = "", endpoint = "", timeout, apiVersion }: GivenKms): KmsSettings {
  if ((apiVersion || DEFAULT_VERSION) === "v1") {
    throw new Error(
      "KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.  Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature.",
    );
  }
  return { name, endpoint, timeoutMilliseconds: durationMilliseconds(timeout ?? DEFAULT_TIMEOUT) };
}
