import type {
  PersistentVolume,
  PersistentVolumeSpec,
  Volume,
  VolumeNodeAffinity,
} from "../../../openapi/api/core.v1.ts";
import { deepCopy, semanticEqual } from "../../meta/equality.ts";
import { type FieldError, fieldForbidden, fieldInvalid } from "../../meta/field-error.ts";
import { internalDiff, internalForm } from "../../meta/internal-form.ts";
import { validateLabelValue } from "../../meta/names.ts";
import { validateImmutable } from "../../meta/object-meta.ts";
import { rfc3339 } from "../../meta/time.ts";
import { defineKind } from "../kind.ts";
import { warningsForTerm } from "../node/deprecated-labels.ts";
import { restore, status } from "../subresources.ts";
import { VOLUME_SOURCES, validateVolumeSpec } from "./persistent-volume-validation.ts";
import { roundResources } from "./pod/resource-lists.ts";
import { defaultVolume } from "./pod/volume-defaults.ts";

const MOUNT_OPTIONS = "volume.beta.kubernetes.io/mount-options";
const CLASS = "volume.beta.kubernetes.io/storage-class";
/** These take mount options from the annotation. (pkg/volume/validation) */
const MOUNTABLE: readonly (keyof PersistentVolumeSpec)[] = [
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "nfs",
  "rbd",
  "quobyte",
  "iscsi",
  "cinder",
  "cephfs",
  "azureFile",
  "vsphereVolume",
  "azureDisk",
  "photonPersistentDisk",
];
const NON_FUNCTIONAL: readonly (readonly [keyof PersistentVolumeSpec, string])[] = [
  ["cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["storageos", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

/** Labels of beta versions, and what they are now. (betaToGALabel) */
const NEW_LABELS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  }),
);

/** PersistentVolume, v1. Follows pkg/registry/core/persistentvolume and pkg/apis/core/{v1,validation}. */
export const persistentVolume = defineKind<PersistentVolume>({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  returnsDeletedObject: true,
  defaults({ spec, status: current }) {
    if (current) current.phase ||= "Pending";
    spec.persistentVolumeReclaimPolicy ||= "Retain";
    spec.volumeMode ??= "Filesystem";
    roundResources(spec.capacity);
    // The cast: sources have the same members in a Pod. A volume without any is not one with an emptyDir here.
    if (VOLUME_SOURCES.some((source) => spec[source])) defaultVolume(spec as Volume);
  },
  prepareForCreate(object, { now }) {
    object.status = { phase: "Pending", lastPhaseTransitionTime: rfc3339(now) };
  },
  prepareForUpdate: (object, old) => restore(object, old, "status"),
  validate,
  updateChecks: ["whole", "own", "whole"],
  validateUpdate: (object, old) => [...validate(object, old), ...validateUpdate(object, old)],
  warnings,
  selectableFields: ({ metadata }) => ({ name: metadata.name ?? "" }),
  subresources: {
    status: {
      verbs: ["get", "patch", "update"],
      prepareForUpdate(object, old, context) {
        status<PersistentVolume>().prepareForUpdate?.(object, old, context);
        const { phase, lastPhaseTransitionTime: time } = object.status;
        const before = old.status.lastPhaseTransitionTime;
        if (phase === old.status.phase) {
          if (!time && before) object.status.lastPhaseTransitionTime = before;
        } else if (!time || time === before) object.status.lastPhaseTransitionTime = rfc3339(context.now);
      },
    },
  },
});

function validate(object: PersistentVolume, old?: unknown): FieldError[] {
  const { metadata, spec } = object;
  // The cast: on create the second argument is the context, which has no spec.
  const terms = (old as PersistentVolume | undefined)?.spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const values = terms.flatMap(({ matchExpressions = [] }) => matchExpressions.flatMap((each) => each.values ?? []));
  const allowInvalidAffinity = values.some((value) => validateLabelValue(value).length > 0);
  const errors = validateVolumeSpec(spec, { name: metadata.name ?? "", allowInvalidAffinity }, "spec");
  if (metadata.annotations?.[MOUNT_OPTIONS] === undefined || MOUNTABLE.some((source) => spec[source])) return errors;
  const detail = "may not specify mount options for this volume type";
  return [...errors, fieldForbidden(`metadata.annotations.${MOUNT_OPTIONS}`, detail)];
}

function validateUpdate({ metadata, spec }: PersistentVolume, old: PersistentVolume): FieldError[] {
  // Upstream looks at the whole a second time; equal causes are all shown.
  const errors = validateVolumeSpec(spec, { name: metadata.name ?? "" }, "spec");
  const [sources, before] = [sourcesOf(spec), sourcesOf(old.spec)];
  // A secret for expansion may be added later.
  if (before.csi && !before.csi.controllerExpandSecretRef) delete sources.csi?.controllerExpandSecretRef;
  if (!semanticEqual(sources, before)) {
    const detail = `spec.persistentvolumesource is immutable after creation\n${internalDiff("PersistentVolumeSource", before, sources)}`;
    errors.push(fieldForbidden("spec.persistentvolumesource", detail));
  }
  errors.push(...validateImmutable(spec.volumeMode, old.spec.volumeMode, "volumeMode"));
  const { nodeAffinity: affinity } = old.spec;
  if (affinity && !semanticEqual(spec.nodeAffinity, withNewLabels(affinity, spec.nodeAffinity))) {
    const detail = "field is immutable, except for updating from beta label to GA";
    errors.push(fieldInvalid("nodeAffinity", internalForm("?VolumeNodeAffinity", spec.nodeAffinity), detail));
  }
  if (old.spec.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(fieldForbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden"));
  }
  return errors;
}

/** The old affinity, with labels that have another name by now under that name where `now` has it. */
function withNewLabels(old: VolumeNodeAffinity, now: VolumeNodeAffinity | undefined): VolumeNodeAffinity {
  const renamed = deepCopy(old);
  for (const [i, term] of (renamed.required?.nodeSelectorTerms ?? []).entries()) {
    for (const list of ["matchExpressions", "matchFields"] as const) {
      for (const [j, requirement] of (term[list] ?? []).entries()) {
        const key = now?.required?.nodeSelectorTerms?.[i]?.[list]?.[j]?.key;
        // A label without a newer name may become none: upstream looks for the empty one in its table.
        if (key === (NEW_LABELS.get(requirement.key) ?? "")) requirement.key = key;
      }
    }
  }
  return renamed;
}

function sourcesOf(spec: PersistentVolumeSpec): PersistentVolumeSpec {
  const entries = VOLUME_SOURCES.filter((source) => spec[source]).map((source) => [source, spec[source]]);
  return deepCopy(Object.fromEntries(entries) as PersistentVolumeSpec); // some of its own members
}

function warnings({ metadata, spec }: PersistentVolume): string[] {
  const texts: string[] = [];
  const { annotations = {} } = metadata;
  if (annotations[CLASS] !== undefined) {
    texts.push(`metadata.annotations[${CLASS}]: deprecated since v1.8; use "storageClassName" attribute instead`);
  }
  if (annotations[MOUNT_OPTIONS] !== undefined) {
    texts.push(`metadata.annotations[${MOUNT_OPTIONS}]: deprecated since v1.31; use "mountOptions" attribute instead`);
  }
  if (spec.persistentVolumeReclaimPolicy === "Recycle") {
    texts.push(
      "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
    );
  }
  for (const [index, term] of (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).entries()) {
    texts.push(...warningsForTerm(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`));
  }
  for (const [source, text] of NON_FUNCTIONAL) {
    // Upstream's name of this one differs from the field's.
    if (spec[source]) texts.push(`spec.${source === "storageos" ? "storageOS" : source}: ${text}`);
  }
  return texts;
}
