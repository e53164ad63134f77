import type { StatefulSet } from "../../../openapi/api/apps.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { type FieldError, fieldForbidden, fieldInvalid } from "../../meta/field-error.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { dropDisabledTemplate } from "../core/pod/disabled-fields.ts";
import { roundResources } from "../core/pod/resource-lists.ts";
import { templateOptions } from "../core/pod/validation-options.ts";
import { defaultClaimSpec } from "../core/pod/volume-defaults.ts";
import { claimWarnings, templateWarnings } from "../core/pod/warnings.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration, restore, status } from "../subresources.ts";
import { validateStatefulSetSpec } from "./stateful-set-validation.ts";
import { validateCollisionCount, validateCounts, validateWithin } from "./workload-validation.ts";

const MUTABLE = [
  "replicas",
  "template",
  "updateStrategy",
  "minReadySeconds",
  "ordinals",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
];
const ONLY_MUTABLE =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

/** StatefulSet, apps/v1. Follows pkg/registry/apps/statefulset and pkg/apis/apps/{v1,validation}. */
export const statefulSet = defineKind<StatefulSet>({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  zeroValue: { spec: { replicas: 0 } },
  nameRule: "dns-1123-label",
  defaults({ spec }) {
    spec.podManagementPolicy ||= "OrderedReady";
    spec.updateStrategy ??= {};
    if (!spec.updateStrategy.type) {
      spec.updateStrategy.type = "RollingUpdate";
      spec.updateStrategy.rollingUpdate ??= {};
    }
    const { type, rollingUpdate } = spec.updateStrategy;
    if (type === "RollingUpdate" && rollingUpdate) rollingUpdate.partition ??= 0;
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= "Retain";
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= "Retain";
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.kind = "PersistentVolumeClaim";
      claim.apiVersion = "v1";
      claim.status ??= {};
      claim.status.phase ||= "Pending";
      defaultClaimSpec(claim.spec);
      roundResources(claim.status.capacity);
      roundResources(claim.status.allocatedResources);
    }
  },
  prepareForCreate(obj) {
    obj.status = { replicas: 0, availableReplicas: 0 };
    obj.metadata.generation = 1;
    dropMaxUnavailable(obj, undefined);
    dropDisabledTemplate(obj.spec.template, undefined);
  },
  prepareForUpdate(obj, old) {
    restore(obj, old, "status");
    dropMaxUnavailable(obj, old);
    dropDisabledTemplate(obj.spec.template, old.spec.template);
    bumpGeneration(obj, old);
  },
  validate: ({ spec }) => validateStatefulSetSpec(spec, "spec", { pod: {} }),
  validateUpdate(obj, old) {
    const pod = templateOptions(old.spec.template);
    const tolerant = { pod, anyServiceName: true, anyClaims: true };
    // A stored one that would not be valid today may still be changed.
    const anyTemplate = validateStatefulSetSpec(old.spec, "spec", tolerant).length > 0;
    const errors = validateStatefulSetSpec(obj.spec, "spec", { ...tolerant, anyTemplate });
    const fixed = ({ spec }: StatefulSet) =>
      Object.fromEntries(Object.entries(spec).filter(([name]) => !MUTABLE.includes(name)));
    if (!semanticEqual(fixed(obj), fixed(old))) errors.push(fieldForbidden("spec", ONLY_MUTABLE));
    return errors;
  },
  warnings({ metadata, spec }, old) {
    const unchanged = old && metadata.generation === old.metadata.generation;
    const claims = (spec.volumeClaimTemplates ?? []).flatMap((claim, i) =>
      claimWarnings(claim.spec.resources, `spec.volumeClaimTemplates[${i}]${old ? ".Spec" : ""}`),
    );
    return [
      ...(unchanged ? [] : templateWarnings(spec.template, "spec.template")),
      ...claims,
      ...((spec.revisionHistoryLimit ?? 0) < 0
        ? ["spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"]
        : []),
    ];
  },
  subresources: {
    status: {
      verbs: ["get", "patch", "update"],
      ...status<StatefulSet>(),
      updateChecks: ["own", "changes"],
      validateUpdate: (obj, old) => [
        ...validateStatus(obj.status),
        ...validateCollisionCount(obj.status.collisionCount, old.status.collisionCount),
      ],
    },
  },
});

/** Waits for the feature MaxUnavailableStatefulSet. */
function dropMaxUnavailable({ spec }: StatefulSet, old: StatefulSet | undefined): void {
  if (old?.spec.updateStrategy?.rollingUpdate?.maxUnavailable !== undefined) return;
  delete spec.updateStrategy?.rollingUpdate?.maxUnavailable;
}

function validateStatus(current: StatefulSet["status"]): FieldError[] {
  const parts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"];
  const { availableReplicas = 0, readyReplicas = 0 } = current;
  const errors = [
    ...validateCounts(current, ["replicas", ...parts, "observedGeneration", "collisionCount"], "status"),
    ...validateWithin(current, parts, "status"),
  ];
  if (availableReplicas > readyReplicas) {
    const detail = "cannot be greater than status.readyReplicas";
    errors.push(fieldInvalid("status.availableReplicas", availableReplicas, detail));
  }
  return errors;
}
