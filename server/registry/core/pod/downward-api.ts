import type { ObjectFieldSelector, ResourceFieldSelector } from "../../../../openapi/api/core.v1.ts";
import { qualifiedName } from "../../../meta/field-checks.ts";
import { type FieldError, fieldInvalid, fieldNotSupported, fieldRequired } from "../../../meta/field-error.ts";
import { parseQuantity, quantitySign } from "../../../meta/quantity.ts";

/** What an environment variable may show of its Pod. */
export const ENV_FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
/** What a file may show of its Pod. */
export const VOLUME_FIELDS = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];
const CONVERTIBLE = new Set([
  ...ENV_FIELDS,
  ...VOLUME_FIELDS,
  "spec.restartPolicy",
  "spec.schedulerName",
  "status.phase",
]);
const RESOURCES = ["limits", "requests"].flatMap((kind) =>
  ["cpu", "ephemeral-storage", "memory"].map((name) => `${kind}.${name}`),
);
const SIZES = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/** (validateObjectFieldSelector of pkg/apis/core/validation) */
export function validateFieldRef(
  { apiVersion = "", fieldPath = "" }: ObjectFieldSelector,
  fields: readonly string[],
  field: string,
): FieldError[] {
  if (!apiVersion) return [fieldRequired(`${field}.apiVersion`, "")];
  if (!fieldPath) return [fieldRequired(`${field}.fieldPath`, "")];
  const wrong = (text: string) => [
    fieldInvalid(`${field}.fieldPath`, fieldPath, `error converting fieldPath: ${text}`),
  ];
  if (apiVersion !== "v1") return wrong(`unsupported pod version: ${apiVersion}`);
  const [, path, key = ""] = /^(.+?)\['(.*)'\]$/s.exec(fieldPath) ?? [];
  if (path === "metadata.annotations") return qualifiedName(key.toLowerCase(), field);
  if (path === "metadata.labels") return qualifiedName(key, field);
  if (path !== undefined) return wrong(`field label does not support subscript: ${fieldPath}`);
  // A name of long ago.
  const known = fieldPath === "spec.host" ? "spec.nodeName" : fieldPath;
  if (!CONVERTIBLE.has(known)) return wrong(`field label not supported: ${fieldPath}`);
  return fields.includes(known) ? [] : [fieldNotSupported(`${field}.fieldPath`, known, fields)];
}

/** In a volume the container must be named. (validateContainerResourceFieldSelector) */
export function validateResourceFieldRef(
  { containerName, resource = "", divisor }: ResourceFieldSelector,
  field: string,
  inVolume: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  if (inVolume && !containerName) errors.push(fieldRequired(`${field}.containerName`, ""));
  else if (!resource) errors.push(fieldRequired(`${field}.resource`, ""));
  else if (!RESOURCES.includes(resource) && !isHugePagesPath(resource)) {
    errors.push(fieldNotSupported(`${field}.resource`, resource, RESOURCES));
  }
  return [...errors, ...validateDivisor(resource, divisor, `${field}.divisor`)];
}

function isHugePagesPath(resource: string): boolean {
  return resource.startsWith("requests.hugepages-") || resource.startsWith("limits.hugepages-");
}

function validateDivisor(resource: string, divisor: string | undefined, field: string): FieldError[] {
  if (divisor === undefined || quantitySign(parseQuantity(divisor)) === 0) return [];
  const name = isHugePagesPath(resource) ? "hugepages" : resource.replace(/^(limits|requests)\./, "");
  const what = { cpu: "cpu", memory: "memory", "ephemeral-storage": "local ephemeral storage", hugepages: "hugepages" };
  if (!(name in what)) return [];
  // The cast: one of its keys, as just checked.
  const text = what[name as keyof typeof what];
  if (name === "cpu") {
    if (divisor === "1m" || divisor === "1") return [];
    return [fieldInvalid(field, resource, "only divisor's values 1m and 1 are supported with the cpu resource")];
  }
  if (SIZES.includes(divisor)) return [];
  const detail = `only divisor's values ${SIZES.join(", ")} are supported with the ${text} resource`;
  return [fieldInvalid(field, resource, detail)];
}
