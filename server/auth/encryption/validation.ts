import { type FieldError, fieldInvalid, fieldRequired, omitValue } from "../../meta/field-error.ts";
import type { GivenEncryption, GivenKey, GivenProvider } from "./configuration.ts";
import { validateKms } from "./kms/configuration.ts";
import { parseResource, ruleName } from "./resource-rules.ts";

const AES_KEY_SIZES: readonly number[] = [16, 24, 32];
const SECRETBOX_KEY_SIZES: readonly number[] = [32];

/** (apiserver/pkg/apis/apiserver/validation ValidateEncryptionConfiguration) */
export function validateEncryption({ resources = [] }: GivenEncryption): FieldError[] {
  if (resources.length === 0) return [fieldRequired("resources", "at least one resources is required")];
  const kmsNames = new Set<string>();
  return resources.flatMap(({ resources: names = [], providers = [] }, i) => {
    const [at, of] = [`resources[${i}].resources`, `resources[${i}].providers`];
    const errors = names.length === 0 ? [fieldRequired(at, `at least one ${at} is required`)] : [];
    errors.push(...validateOverlap(names, at), ...names.flatMap((name, j) => validateName(name, `${at}[${j}]`)));
    if (providers.length === 0) errors.push(fieldRequired(of, `at least one ${of} is required`));
    for (const [j, provider] of providers.entries()) {
      errors.push(...validateProvider(provider, `${of}[${j}]`, kmsNames));
    }
    return errors;
  });
}

function validateOverlap(names: readonly string[], field: string): FieldError[] {
  const rules = names.map(parseResource);
  const pairs = rules.flatMap((one, i) => rules.filter((_, j) => i !== j).map((other) => [one, other] as const));
  const same = pairs.findIndex(([one, other]) => ruleName(one) === ruleName(other));
  const isMasked = pairs
    .filter((_, i) => i !== same)
    .some(
      ([one, other]) =>
        ruleName(one) === "*.*" || (one.group === other.group && [one.resource, other.resource].includes("*")),
    );
  const wrong = (detail: string) => fieldInvalid(field, names, detail);
  return [
    ...(same < 0 ? [] : [wrong("the same resource cannot be specified multiple times")]),
    ...(isMasked
      ? [
          wrong(
            "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
          ),
        ]
      : []),
  ];
}

/** What is stored, but is no resource of the API. */
const INTERNAL: readonly string[] = ["apiserveripinfo", "serviceipallocations", "servicenodeportallocations"];

function validateName(name: string, field: string): FieldError[] {
  const { group, resource } = parseResource(name);
  const detail = () => {
    if (name.toLowerCase() !== name) return "resource name should not contain capital letters";
    if (name === "*")
      return "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources";
    if (INTERNAL.includes(name)) return "resources which do not have REST API/s cannot be encrypted";
    if (group === "events.k8s.io") {
      return "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file";
    }
    if (group === "extensions") return "'extensions' group has been removed and cannot be used for encryption";
    if (group === "*" && resource !== "*") return "encrypting the same resource across groups is not supported";
    return undefined;
  };
  const wrong = detail();
  return wrong === undefined ? [] : [fieldInvalid(field, name, wrong)];
}

function validateProvider(provider: GivenProvider, field: string, kmsNames: Set<string>): FieldError[] {
  const given = Object.values(provider).filter((settings) => settings !== undefined);
  const errors: FieldError[] = [];
  if (given.length === 0) {
    // As the internal type is printed.
    const nothing = { AESGCM: null, AESCBC: null, Secretbox: null, Identity: null, KMS: null };
    const expected = "KMS, AESGCM, AESCBC, Secretbox, Identity";
    return [fieldInvalid(field, nothing, `provider does not contain any of the expected providers: ${expected}`)];
  }
  if (given.length > 1) {
    const detail = "more than one provider specified in a single element, should split into different list elements";
    // Upstream prints what there is, keys and all.
    errors.push(fieldInvalid(field, omitValue, detail));
  }
  const { kms, aesgcm, aescbc, secretbox } = provider;
  if (kms) {
    errors.push(...validateKms(kms, `${field}.kms`, kmsNames));
    kmsNames.add(kms.name ?? "");
  } else if (aesgcm) errors.push(...validateKeys(aesgcm.keys, `${field}.aesgcm.keys`, AES_KEY_SIZES));
  else if (aescbc) errors.push(...validateKeys(aescbc.keys, `${field}.aescbc.keys`, AES_KEY_SIZES));
  else if (secretbox) errors.push(...validateKeys(secretbox.keys, `${field}.secretbox.keys`, SECRETBOX_KEY_SIZES));
  return errors;
}

function validateKeys(keys: readonly GivenKey[] = [], field: string, sizes: readonly number[]): FieldError[] {
  if (keys.length === 0) return [fieldRequired(field, "at least one keys is required")];
  return keys.flatMap(({ name, secret = "" }, i) => {
    const errors = name ? [] : [fieldRequired(`${field}[${i}].name`, "name is a mandatory field for a key")];
    const at = `${field}[${i}].secret`;
    if (!secret) return [...errors, fieldRequired(at, "secret is a mandatory field for a key")];
    const bytes = Buffer.from(secret, "base64");
    if (bytes.toString("base64") !== secret.replaceAll(/[\r\n]/g, "")) {
      return [...errors, fieldInvalid(at, "REDACTED", "secrets must be base64 encoded")];
    }
    if (sizes.includes(bytes.length)) return errors;
    const detail = `secret is not of the expected length, got ${bytes.length}, expected one of [${sizes.join(" ")}]`;
    return [...errors, fieldInvalid(at, "REDACTED", detail)];
  });
}
