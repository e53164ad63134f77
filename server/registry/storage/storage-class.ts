import type { TopologySelectorTerm } from "../../../openapi/api/core.v1.ts";
import type { StorageClass } from "../../../openapi/api/storage.k8s.io.v1.ts";
import { orEmpty } from "../../../openapi/given-empty.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { oneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldDuplicate, fieldRequired } from "../../meta/field-error.ts";
import { validateLabelName } from "../../meta/label-validation.ts";
import { validateImmutable } from "../../meta/object-meta.ts";
import { repeated } from "../../meta/repeated.ts";
import { defineKind } from "../kind.ts";
import { deprecationOf } from "../node/deprecated-labels.ts";
import { validateParameters, validateProvisioner } from "./parameters.ts";

const RECLAIM_POLICIES = ["Delete", "Retain"];
const BINDING_MODES = ["Immediate", "WaitForFirstConsumer"];

/** StorageClass, storage.k8s.io/v1. Follows pkg/registry/storage/storageclass and pkg/apis/storage/{v1,validation}. */
export const storageClass = defineKind<StorageClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  returnsDeletedObject: true,
  defaults(object) {
    object.reclaimPolicy ??= "Delete";
    object.volumeBindingMode ??= "Immediate";
  },
  validate,
  updateChecks: ["whole", "validate", "changes", "own"],
  validateUpdate: (object, old) =>
    (["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] as const).flatMap((field) =>
      semanticEqual(object[field], old[field]) ? [] : validateImmutable(orEmpty(object, field), old[field], field),
    ),
  warnings: ({ allowedTopologies = [] }) =>
    allowedTopologies.flatMap(({ matchLabelExpressions = [] }, i) =>
      matchLabelExpressions.flatMap(({ key }, j) => {
        const text = deprecationOf(key);
        return text ? [`allowedTopologies[${i}].matchLabelExpressions[${j}].key: ${text}`] : [];
      }),
    ),
});

function validate(object: StorageClass): FieldError[] {
  const { provisioner, parameters, reclaimPolicy, volumeBindingMode, allowedTopologies = [] } = object;
  return [
    ...validateProvisioner(provisioner, "provisioner"),
    ...validateParameters(parameters, true),
    ...(reclaimPolicy ? oneOf(reclaimPolicy, RECLAIM_POLICIES, "reclaimPolicy") : []),
    ...oneOf(volumeBindingMode, BINDING_MODES, "volumeBindingMode"),
    ...validateTopologies(allowedTopologies),
  ];
}

function validateTopologies(terms: readonly TopologySelectorTerm[]): FieldError[] {
  return terms.flatMap((term, index) => {
    const field = `allowedTopologies[${index}]`;
    // Upstream compares with as many empty terms as there are terms, too.
    const others = [...(term.matchLabelExpressions?.length ? [] : terms.map(() => ({}))), ...terms.slice(0, index)];
    const same = others.filter((other) => semanticEqual(setsOf(other), setsOf(term)));
    return [...validateTerm(term, field), ...same.map(() => fieldDuplicate(`${field}.matchLabelExpressions`, ""))];
  });
}

/** Terms are the same when they are as sets. */
function setsOf({ matchLabelExpressions = [] }: TopologySelectorTerm): Record<string, string[]> {
  return Object.fromEntries(matchLabelExpressions.map(({ key, values }) => [key, [...new Set(values)].sort()]));
}

function validateTerm({ matchLabelExpressions = [] }: TopologySelectorTerm, field: string): FieldError[] {
  const repeatedKeys = repeated(matchLabelExpressions, ({ key }) => key);
  return matchLabelExpressions.flatMap(({ key, values }, index) => {
    const path = `${field}.matchLabelExpressions[${index}]`;
    const list = values ?? [];
    const repeatedValues = repeated(list, (value) => value);
    return [
      ...(list.length === 0 ? [fieldRequired(`${path}.values`, "")] : []),
      ...list.flatMap((value, at) => (repeatedValues.has(at) ? [fieldDuplicate(`${path}.values[${at}]`, value)] : [])),
      ...validateLabelName(key, `${path}.key`),
      ...(repeatedKeys.has(index) ? [fieldDuplicate(`${path}.key`, key)] : []),
    ];
  });
}
