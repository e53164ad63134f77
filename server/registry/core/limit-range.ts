import type { LimitRange, LimitRangeItem } from "../../../openapi/api/core.v1.ts";
import { qualifiedName } from "../../meta/field-checks.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
} from "../../meta/field-error.ts";
import { getMember } from "../../meta/members.ts";
import {
  compareQuantities,
  parseQuantity,
  quantityAsFloat,
  quantityMilliValue,
  quantityOf,
} from "../../meta/quantity.ts";
import { repeated } from "../../meta/repeated.ts";
import { defineKind } from "../kind.ts";
import { isOvercommitAllowed, roundResources } from "./pod/resource-lists.ts";
import { validateContainerResourceName, validateResourceName } from "./pod/resource-validation.ts";

const TYPES = ["Pod", "Container", "PersistentVolumeClaim"];
type List = Readonly<Record<string, string>>;

/** LimitRange, v1. Follows pkg/registry/core/limitrange and pkg/apis/core/{v1,validation}. */
export const limitRange = defineKind<LimitRange>({
  group: "",
  version: "v1",
  kind: "LimitRange",
  allowCreateOnUpdate: true,
  defaults({ spec }) {
    for (const item of spec?.limits ?? []) {
      for (const list of ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const)
        roundResources(item[list]);
      if (item.type === "Container") fillIn(item);
    }
  },
  prepareForCreate({ metadata }) {
    metadata.name ||= crypto.randomUUID(); // the only kind whose objects need no name
  },
  validate,
  updateChecks: ["whole", "own"],
  validateUpdate: validate,
});

/** Limits default to the maximum, requests to the limit or the minimum. (SetDefaults_LimitRangeItem) */
function fillIn(item: LimitRangeItem): void {
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}

function validate({ spec }: LimitRange): FieldError[] {
  const items = spec?.limits ?? [];
  const repeats = repeated(items, ({ type }) => type);
  return items.flatMap((item, index) => {
    const field = `spec.limits[${index}]`;
    return [
      ...validateType(item.type ?? "", `${field}.type`),
      ...(repeats.has(index) ? [fieldDuplicate(`${field}.type`, item.type ?? "")] : []),
      ...validateItem(item, field),
    ];
  });
}

function validateType(type: string, field: string): FieldError[] {
  const errors = qualifiedName(type, field);
  if (errors.length > 0 || type.includes("/") || TYPES.includes(type)) return errors;
  return [fieldInvalid(field, type, "must be a standard limit type or fully qualified")];
}

function validateItem(item: LimitRangeItem, field: string): FieldError[] {
  const isPod = item.type === "Pod";
  const check = isPod || item.type === "Container" ? validateContainerResourceName : validateResourceName;
  const names = (list: "max" | "min" | "default" | "defaultRequest" | "maxLimitRequestRatio") =>
    Object.keys(item[list] ?? {}).flatMap((name) => check(name, `${field}.${list}[${name}]`));
  const errors = [...names("max"), ...names("min")];
  for (const list of ["default", "defaultRequest"] as const) {
    if (!isPod) errors.push(...names(list));
    else if (Object.keys(item[list] ?? {}).length > 0) {
      errors.push(fieldForbidden(`${field}.${list}`, "may not be specified when `type` is 'Pod'"));
    }
  }
  if (item.type === "PersistentVolumeClaim" && !item.min?.storage && !item.max?.storage) {
    const detail = "either minimum or maximum storage value is required, but neither was provided";
    errors.push(fieldRequired(`${field}.limits`, detail));
  }
  errors.push(...names("maxLimitRequestRatio"));
  const { min = {}, max = {}, maxLimitRequestRatio: ratio = {} } = item;
  const defaults: List = isPod ? {} : (item.default ?? {});
  const requests: List = isPod ? {} : (item.defaultRequest ?? {});
  const all = new Set([min, max, defaults, requests, ratio].flatMap((list) => Object.keys(list)));
  for (const name of all) errors.push(...validateResource(name, { min, max, defaults, requests, ratio }, field));
  return errors;
}

function validateResource(
  name: string,
  lists: Record<"min" | "max" | "defaults" | "requests" | "ratio", List>,
  field: string,
): FieldError[] {
  const [min, max, limit, request, ratio] = [
    getMember(lists.min, name),
    getMember(lists.max, name),
    getMember(lists.defaults, name),
    getMember(lists.requests, name),
    getMember(lists.ratio, name),
  ];
  const errors: FieldError[] = [];
  const wrong = (list: string, value: string, detail: string) =>
    errors.push(fieldInvalid(`${field}.${list}[${name}]`, value, detail));
  if (isMore(min, max)) wrong("min", min!, `min value ${min} is greater than max value ${max}`);
  if (isMore(min, request)) {
    wrong("defaultRequest", request!, `min value ${min} is greater than default request value ${request}`);
  }
  if (isMore(request, max)) {
    wrong("defaultRequest", request!, `default request value ${request} is greater than max value ${max}`);
  }
  if (isMore(request, limit)) {
    wrong("defaultRequest", request!, `default request value ${request} is greater than default limit value ${limit}`);
  }
  // The values shown here are upstream's.
  if (isMore(min, limit)) wrong("default", min!, `min value ${min} is greater than default value ${limit}`);
  if (isMore(limit, max)) wrong("default", max!, `default value ${limit} is greater than max value ${max}`);
  if (ratio !== undefined) {
    if (compareQuantities(parseQuantity(ratio), quantityOf(1)) < 0) {
      wrong("maxLimitRequestRatio", ratio, `ratio ${ratio} is less than 1`);
    }
    const most =
      min && max ? quantityMilliValue(parseQuantity(max)) / quantityMilliValue(parseQuantity(min)) : undefined;
    if (most !== undefined && quantityAsFloat(parseQuantity(ratio)) > most) {
      wrong("maxLimitRequestRatio", ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`);
    }
  }
  const isUneven = limit !== undefined && request !== undefined && (isMore(limit, request) || isMore(request, limit));
  if (isUneven && !isOvercommitAllowed(name)) {
    wrong("defaultRequest", request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`);
  }
  return errors;
}

function isMore(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && compareQuantities(parseQuantity(a), parseQuantity(b)) > 0;
}
