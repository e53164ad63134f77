import type { Counter, Device, DeviceAttribute } from "../../../openapi/api/resource.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { dnsLabel, dnsSubdomain, neededBy } from "../../meta/field-checks.ts";
import { type FieldError, fieldInvalid, fieldRequired, fieldTooLong, fieldTooMany } from "../../meta/field-error.ts";
import { validateNodeSelector } from "../core/pod/affinity-validation.ts";
import { keyPath, validateList, validateSet } from "./list-validation.ts";
import { MAX_KEY, validateAttributeName } from "./names.ts";
import { validateCapacity } from "./request-policy.ts";
import { validateBinding, validateTaint } from "./taints.ts";

const MAX_PROPERTIES = 32;
const MAX_ATTRIBUTE_VALUES = 48;
const MAX_TAINTS = 16;
const MAX_CONSUMPTIONS = 2;
const MAX_COUNTERS = 32;
const MAX_VALUE = 64;
const NUMBER = "(0|[1-9]\\d*)";
const PRE_RELEASE = "(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";
const BUILD = "[0-9a-zA-Z-]+";
const VERSION = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(-${PRE_RELEASE}(\\.${PRE_RELEASE})*)?(\\+${BUILD}(\\.${BUILD})*)?$`,
);

/** (pkg/apis/resource/validation validateDevice) */
export function validateDevice(
  device: Readonly<Device>,
  old: Readonly<Device> | undefined,
  { choosesNodes, field }: { choosesNodes: boolean; field: string },
): FieldError[] {
  const { name = "", attributes = {}, capacity = {}, taints, consumesCounters } = device;
  const properties = Object.keys(attributes).length + Object.keys(capacity).length;
  const values = Object.keys(attributes).length;
  const errors = dnsLabel(name, `${field}.name`);
  const tooMany = (what: string, count: number, max: number) => {
    if (count > max) errors.push(fieldInvalid(field, count, `the total number of ${what} must not exceed ${max}`));
  };
  tooMany("attributes and capacities", properties, MAX_PROPERTIES);
  tooMany("attribute values", values, MAX_ATTRIBUTE_VALUES);
  for (const [key, attribute] of Object.entries(attributes)) {
    errors.push(...validateAttributeName(key, `${field}.attributes`));
    errors.push(...validateAttribute(attribute, keyPath(`${field}.attributes`, key, MAX_KEY)));
  }
  for (const [key, each] of Object.entries(capacity)) {
    errors.push(...validateAttributeName(key, `${field}.capacity`));
    const path = keyPath(`${field}.capacity`, key, MAX_KEY);
    errors.push(...validateCapacity(each, device.allowMultipleAllocations ?? false, path));
  }
  if (!old || !semanticEqual(old.taints, taints)) {
    errors.push(...validateList(taints, MAX_TAINTS, validateTaint, `${field}.taints`));
  }
  type Consumption = NonNullable<Device["consumesCounters"]>[number];
  const consumption = {
    check: ({ counterSet, counters }: Consumption, path: string) => [
      ...neededBy(counterSet, dnsLabel, `${path}.counterSet`),
      ...validateCounters(counters, `${path}.counters`),
    ],
    key: ({ counterSet }: Consumption) => counterSet,
  };
  return [
    ...errors,
    ...validateSet(consumesCounters, MAX_CONSUMPTIONS, consumption, `${field}.consumesCounters`),
    ...validateNodes(device, choosesNodes, field),
    ...validateBinding(device, field),
  ];
}

/** Of counter sets, and what devices take of them. */
export function validateCounters(counters: Readonly<Record<string, Counter>> | undefined, field: string): FieldError[] {
  const names = Object.keys(counters ?? {});
  if (names.length === 0) return [fieldRequired(field, "")];
  if (names.length > MAX_COUNTERS) return [fieldTooMany(field, names.length, MAX_COUNTERS)];
  return names.flatMap((name) => dnsLabel(name, field));
}

function validateAttribute(attribute: Readonly<DeviceAttribute>, field: string): FieldError[] {
  const { int, bool, string, version } = attribute;
  const errors: FieldError[] = [];
  if (string !== undefined && Buffer.byteLength(string) > MAX_VALUE)
    errors.push(fieldTooLong(`${field}.string`, MAX_VALUE));
  if (version !== undefined) {
    const detail = "must be a string compatible with semver.org spec 2.0.0";
    if (!VERSION.test(version)) errors.push(fieldInvalid(`${field}.version`, version, detail));
    if (Buffer.byteLength(version) > MAX_VALUE) errors.push(fieldTooLong(`${field}.version`, MAX_VALUE));
  }
  const given = [int, bool, string, version].filter((value) => value !== undefined);
  if (given.length === 1) return errors;
  // The names are those of the Go type.
  const shown = {
    IntValue: int ?? null,
    BoolValue: bool ?? null,
    StringValue: string ?? null,
    VersionValue: version ?? null,
    IntValues: null,
    BoolValues: null,
    StringValues: null,
    VersionValues: null,
  };
  return [...errors, fieldInvalid(field, given.length === 0 ? "" : shown, "exactly one value must be specified")];
}

function validateNodes(
  { nodeName, nodeSelector, allNodes }: Readonly<Device>,
  choosesNodes: boolean,
  field: string,
): FieldError[] {
  if (!choosesNodes) {
    if (nodeName === undefined && nodeSelector === undefined && allNodes === undefined) return [];
    const detail =
      "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
    return [fieldInvalid(field, null, detail)];
  }
  const errors: FieldError[] = [];
  const given: string[] = [];
  if (nodeName) {
    given.push("`nodeName`");
    errors.push(...dnsSubdomain(nodeName, `${field}.nodeName`));
  } else if (nodeName !== undefined) errors.push(fieldInvalid(`${field}.nodeName`, nodeName, "must not be empty"));
  if (nodeSelector) {
    given.push("`nodeSelector`");
    errors.push(...validateNodeSelector(nodeSelector, false, `${field}.nodeSelector`));
  }
  if (allNodes) given.push("`allNodes`");
  else if (allNodes === false) {
    errors.push(fieldInvalid(`${field}.allNodes`, allNodes, "must be either unset or set to true"));
  }
  const detail =
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
  if (given.length === 0) errors.push(fieldRequired(field, detail));
  if (given.length > 1) errors.push(fieldInvalid(field, `{${given.join(", ")}}`, detail));
  return errors;
}
