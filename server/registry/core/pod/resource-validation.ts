import type { ResourceRequirements } from "../../../../openapi/api/core.v1.ts";
import { dnsLabel, qualifiedName } from "../../../meta/field-checks.ts";
import {
  FieldError,
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../../meta/field-error.ts";
import { getMember } from "../../../meta/members.ts";
import { validateQualifiedName } from "../../../meta/names.ts";
import {
  compareQuantities,
  parseQuantity,
  quantityMilliValue,
  quantitySign,
  quantityValue,
} from "../../../meta/quantity.ts";
import {
  compareAmounts,
  isExtendedResource,
  isHugePages,
  isNativeResource,
  isOvercommitAllowed,
  isPodLevelResource,
} from "./resource-lists.ts";
import type { ValidationOptions } from "./validation-options.ts";

const COUNTED = new Set([
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
]);
const FOR_CONTAINERS = new Set(["cpu", "memory", "ephemeral-storage"]);
const STANDARD = new Set([
  ...COUNTED,
  ...FOR_CONTAINERS,
  ...["requests.", "limits."].flatMap((prefix) => [...FOR_CONTAINERS].map((name) => prefix + name)),
  "storage",
  "requests.storage",
]);

type NameCheck = (name: string, field: string) => FieldError[];

/** (validateResourceName of pkg/apis/core/validation) */
export function validateResourceName(name: string, field: string): FieldError[] {
  const errors = qualifiedName(name, field);
  if (errors.length > 0 || name.includes("/")) return errors;
  const standard = STANDARD.has(name) || isHugePages(name) || name.startsWith("requests.hugepages-");
  return standard ? [] : [fieldInvalid(field, name, "must be a standard resource type or fully qualified")];
}

export const validateContainerResourceName: NameCheck = (name, field) => {
  const errors = validateResourceName(name, field);
  if (!name.includes("/")) {
    if (FOR_CONTAINERS.has(name) || isHugePages(name)) return errors;
    return [...errors, fieldInvalid(field, name, "must be a standard resource for containers")];
  }
  if (isNativeResource(name) || isExtended(name)) return errors;
  return [...errors, fieldInvalid(field, name, "doesn't follow extended resource name standard")];
};

const validatePodResourceName: NameCheck = (name, field) => {
  const errors = validateResourceName(name, field);
  if (errors.length > 0 || isPodLevelResource(name)) return errors;
  return [fieldNotSupported(field, name, ["cpu", "hugepages-", "memory"])];
};

/** It must be a name in a quota, too. */
function isExtended(name: string): boolean {
  return isExtendedResource(name) && validateQualifiedName(`requests.${name}`).length === 0;
}

/** (ValidateResourceQuantityValue of pkg/apis/core/validation) */
export function validateResourceQuantity(name: string, amount: string, field: string): FieldError[] {
  const quantity = parseQuantity(amount);
  const errors: FieldError[] = [];
  if (quantitySign(quantity) < 0) errors.push(fieldInvalid(field, amount, "must be greater than or equal to 0"));
  if ((COUNTED.has(name) || isExtended(name)) && quantityMilliValue(quantity) % 1000 !== 0) {
    errors.push(fieldInvalid(field, amount, "must be an integer"));
  }
  return errors;
}

export function validateContainerResources(
  resources: ResourceRequirements | undefined,
  claimNames: ReadonlySet<string>,
  field: string,
  options: ValidationOptions,
): FieldError[] {
  return validateRequirements(resources ?? {}, validateContainerResourceName, { claimNames, field, options });
}

export function validatePodLevelResources(
  resources: ResourceRequirements,
  claimNames: ReadonlySet<string>,
  field: string,
  options: ValidationOptions,
): FieldError[] {
  return validateRequirements(resources, validatePodResourceName, { claimNames, field, options });
}

interface Where {
  readonly claimNames: ReadonlySet<string>;
  readonly field: string;
  readonly options: ValidationOptions;
}

/** (validateResourceRequirements) */
function validateRequirements(
  { limits = {}, requests = {}, claims = [] }: ResourceRequirements,
  validateName: NameCheck,
  { claimNames, field, options }: Where,
): FieldError[] {
  const errors: FieldError[] = [];
  const amounts = (
    list: Readonly<Record<string, string>>,
    path: string,
    more?: (name: string, amount: string) => void,
  ) => {
    for (const [name, amount] of Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const at = `${path}[${name}]`;
      errors.push(...validateName(name, at), ...validateResourceQuantity(name, amount, at));
      more?.(name, amount);
      if (isHugePages(name)) errors.push(...validateHugePages(name, amount, at, options));
    }
  };
  amounts(limits, `${field}.limits`);
  amounts(requests, `${field}.requests`, (name, amount) => {
    const limit = getMember(limits, name);
    if (limit === undefined) {
      if (isOvercommitAllowed(name)) return;
      errors.push(fieldRequired(`${field}.limits`, "Limit must be set for non overcommitable resources"));
      return;
    }
    const order = compareAmounts(amount, limit);
    if (order !== 0 && !isOvercommitAllowed(name)) {
      errors.push(fieldInvalid(`${field}.requests`, amount, `must be equal to ${name} limit of ${limit}`));
    } else if (order > 0) {
      errors.push(fieldInvalid(`${field}.requests`, amount, `must be less than or equal to ${name} limit of ${limit}`));
    }
  });
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.includes("cpu") && !names.includes("memory")) {
    errors.push(fieldForbidden(field, "HugePages require cpu or memory"));
  }
  return [...errors, ...validateClaimNames(claims, claimNames, `${field}.claims`)];
}

function validateHugePages(name: string, amount: string, field: string, options: ValidationOptions): FieldError[] {
  if (options.allowIndivisibleHugePages || isDivisible(name, amount)) return [];
  return [fieldInvalid(field, amount, `${amount} is not positive integer multiple of ${name}`)];
}

function isDivisible(name: string, amount: string): boolean {
  try {
    const size = parseQuantity(name.slice("hugepages-".length));
    const wrong = quantitySign(size) <= 0 || quantityMilliValue(size) % 1000 !== 0;
    return !wrong && quantityValue(parseQuantity(amount)) % quantityValue(size) === 0;
  } catch {
    return false; // no page size at all
  }
}

/** Says whether a stored Pod has amounts that new ones may not have. */
export function hasIndivisibleHugePages({ limits = {}, requests = {} }: ResourceRequirements): boolean {
  return [limits, requests].some((list) =>
    Object.entries(list).some(([name, amount]) => isHugePages(name) && !isDivisible(name, amount)),
  );
}

/** (validateResourceClaimNames) */
function validateClaimNames(
  claims: NonNullable<ResourceRequirements["claims"]>,
  known: ReadonlySet<string>,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { name, request }] of claims.entries()) {
    const at = `${field}[${i}]`;
    if (!name) {
      errors.push(fieldRequired(at, ""));
      continue;
    }
    if (seen.has(name)) errors.push(fieldDuplicate(at, name));
    else {
      if (request) errors.push(...dnsLabel(request, `${at}.request`));
      const key = request ? `${name}/${request}` : name;
      if (seen.has(key)) errors.push(fieldDuplicate(at, key));
      else if (!request) {
        for (const other of seen) if (other.startsWith(`${name}/`)) errors.push(fieldDuplicate(at, name));
      }
      seen.add(key);
    }
    if (known.has(name)) continue;
    const list = known.size === 0 ? " which is empty" : `: ${[...known].sort().join(", ")}`;
    const detail = `must be one of the names in pod.spec.resourceClaims${list}`;
    errors.push(new FieldError("FieldValueNotFound", at, `Not found: "${name}": ${detail}`, detail));
  }
  return errors;
}

/** Whether `a` is more than `b`. */
export function isMore(a: string, b: string): boolean {
  return compareQuantities(parseQuantity(a), parseQuantity(b)) > 0;
}
