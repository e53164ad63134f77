import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "../../../openapi/api/core.v1.ts";
import { deepCopy, semanticEqual } from "../../meta/equality.ts";
import { oneOf, qualifiedName } from "../../meta/field-checks.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldNotSupported } from "../../meta/field-error.ts";
import { internalDiff } from "../../meta/internal-form.ts";
import { validateImmutable } from "../../meta/object-meta.ts";
import { compareQuantities, parseQuantity, quantityMilliValue } from "../../meta/quantity.ts";
import { defineKind } from "../kind.ts";
import { restore, status } from "../subresources.ts";
import { validateBasicResource } from "./persistent-volume-validation.ts";
import { allowancesOf, validateClaimSpec } from "./pod/claim-template.ts";
import { isNativeResource, roundResources } from "./pod/resource-lists.ts";
import { validateResourceQuantity } from "./pod/resource-validation.ts";
import { defaultClaimSpec } from "./pod/volume-defaults.ts";

const CLASS = "volume.beta.kubernetes.io/storage-class";
const RESIZE_STATUSES = [
  "ControllerResizeInProgress",
  "ControllerResizeInfeasible",
  "NodeResizeInProgress",
  "NodeResizeInfeasible",
  "NodeResizePending",
];

/** PersistentVolumeClaim, v1. Follows pkg/registry/core/persistentvolumeclaim and pkg/apis/core/{v1,validation}. */
export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  rewrittenByFirstUpdate: () => true, // the phase
  returnsDeletedObject: true,
  defaults(object) {
    object.status ??= {};
    object.status.phase ||= "Pending";
    defaultClaimSpec(object.spec);
    roundResources(object.status.capacity);
    roundResources(object.status.allocatedResources);
  },
  prepareForCreate(object) {
    object.status = { phase: "Pending" };
    normalizeSources(object.spec, undefined);
  },
  prepareForUpdate(object, old) {
    restore(object, old, "status");
    normalizeSources(object.spec, old.spec);
  },
  validate: ({ spec }) => validateClaimSpec(spec, "spec"),
  updateChecks: ["changes", "whole", "own"],
  validateUpdate: (object, old) => [
    ...validateClaimSpec(object.spec, "spec", allowancesOf(old.spec)),
    ...validateUpdate(object, old),
  ],
  warnings,
  selectableFields: ({ metadata }) => ({ name: metadata.name ?? "" }),
  subresources: {
    status: { ...status<PersistentVolumeClaim>(), verbs: ["get", "patch", "update"], validateUpdate: validateStatus },
  },
});

/** `dataSource` and `dataSourceRef` say the same; the former knows only claims and snapshots. (pkg/api/persistentvolumeclaim) */
function normalizeSources(spec: PersistentVolumeClaimSpec, old: Readonly<PersistentVolumeClaimSpec> | undefined): void {
  // References into other namespaces are off by default.
  if (spec.dataSourceRef?.namespace && !old?.dataSourceRef) delete spec.dataSourceRef;
  if (!old?.dataSource && !old?.dataSourceRef && !spec.dataSourceRef && spec.dataSource) {
    const { kind, apiGroup = "" } = spec.dataSource;
    const isKnown =
      (kind === "PersistentVolumeClaim" && apiGroup === "") ||
      (kind === "VolumeSnapshot" && apiGroup === "snapshot.storage.k8s.io");
    if (!isKnown) delete spec.dataSource;
  }
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource };
  else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
    const { namespace: _, ...source } = spec.dataSourceRef;
    spec.dataSource = source;
  }
}

function validateUpdate(object: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const [spec, before] = [deepCopy(object.spec), deepCopy(old.spec)];
  normalizeSources(before, before);
  const errors = letPass(object, old, { spec, before });
  if (!semanticEqual(spec, before)) {
    const detail = `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${internalDiff("PersistentVolumeClaimSpec", before, spec)}`;
    errors.push(fieldForbidden("spec", detail));
  }
  const size = (text: string | undefined) => parseQuantity(text ?? "0");
  const wanted = size(object.spec.resources?.requests?.storage);
  const isLess = compareQuantities(wanted, size(old.spec.resources?.requests?.storage)) < 0;
  if (isLess && compareQuantities(wanted, size(old.status.capacity?.storage)) <= 0) {
    errors.push(fieldForbidden("spec.resources.requests.storage", "field can not be less than status.capacity"));
  }
  errors.push(...validateImmutable(object.spec.volumeMode, old.spec.volumeMode, "volumeMode"));
  const attributesClass = object.spec.volumeAttributesClassName;
  const isChanged = attributesClass !== old.spec.volumeAttributesClassName;
  if (isChanged && !attributesClass && old.status.currentVolumeAttributesClassName !== undefined) {
    const to = attributesClass === undefined ? "nil" : "empty string";
    const detail = `update to ${to} is forbidden when status.currentVolumeAttributesClassName is not nil`;
    errors.push(fieldForbidden("spec.volumeAttributesClassName", detail));
  }
  return errors;
}

/** Takes out of both copies what may change. @returns what may not, of the old class annotation */
function letPass(
  object: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  { spec, before }: { spec: PersistentVolumeClaimSpec; before: PersistentVolumeClaimSpec },
): FieldError[] {
  if (!before.volumeName) before.volumeName = spec.volumeName;
  const errors: FieldError[] = [];
  const annotation = object.metadata.annotations?.[CLASS];
  const oldAnnotation = old.metadata.annotations?.[CLASS];
  const isMoved = before.storageClassName === undefined && spec.storageClassName !== undefined;
  const movesAnnotation = isMoved && oldAnnotation !== undefined && spec.storageClassName === oldAnnotation;
  if (movesAnnotation && (annotation === undefined || annotation === oldAnnotation)) delete spec.storageClassName;
  else {
    if ((annotation ?? "") !== (oldAnnotation ?? "")) {
      errors.push(fieldInvalid(`metadata.annotations.${CLASS}`, annotation ?? "", "field is immutable"));
    }
    if (isMoved && (oldAnnotation === undefined || movesAnnotation)) delete spec.storageClassName;
  }
  if (object.status?.phase !== "Bound") return errors;
  const storage = before.resources?.requests?.storage;
  if (spec.resources?.requests) {
    if (storage === undefined) delete spec.resources.requests.storage;
    else spec.resources.requests.storage = storage;
  }
  restore(spec, before, "volumeAttributesClassName");
  return errors;
}

function validateStatus({
  status: { capacity, allocatedResourceStatuses, allocatedResources },
}: PersistentVolumeClaim): FieldError[] {
  const statuses = "status.allocatedResourceStatuses";
  const resources = "status.allocatedResources";
  return [
    ...Object.entries(capacity ?? {}).flatMap(([name, text]) =>
      validateBasicResource(text, `status.capacity[${name}]`),
    ),
    ...Object.entries(allocatedResourceStatuses ?? {}).flatMap(([name, value]) => [
      ...validateResourceKey(name, statuses),
      // The value shown is upstream's: the key.
      ...(RESIZE_STATUSES.includes(value) ? [] : [fieldNotSupported(statuses, name, RESIZE_STATUSES)]),
    ]),
    ...Object.entries(allocatedResources ?? {}).flatMap(([name, text]) => {
      const wrongKey = validateResourceKey(name, resources);
      if (wrongKey.length > 0) return wrongKey;
      const wrong = validateBasicResource(text, `${resources}[${name}]`);
      return wrong.length > 0 ? wrong : validateResourceQuantity("storage", text, `${resources}[${name}]`);
    }),
  ];
}

function validateResourceKey(name: string, field: string): FieldError[] {
  const errors = qualifiedName(name, field);
  return errors.length > 0 || !isNativeResource(name) ? errors : oneOf(name, ["storage"], field);
}

function warnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  const annotated = metadata.annotations?.[CLASS] !== undefined;
  return [
    ...(annotated
      ? [`metadata.annotations[${CLASS}]: deprecated since v1.8; use "storageClassName" attribute instead`]
      : []),
    ...(["requests", "limits"] as const).flatMap((list) => {
      const text = spec.resources?.[list]?.storage;
      if (text === undefined || quantityMilliValue(parseQuantity(text)) % 1000 === 0) return [];
      return [`spec.resources.${list}[storage]: fractional byte value "${text}" is invalid, must be an integer`];
    }),
  ];
}
