import type { Volume } from "../../../openapi/api/core.v1.ts";
import type { VolumeAttachment } from "../../../openapi/api/storage.k8s.io.v1.ts";
import { dnsSubdomain } from "../../meta/field-checks.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired, fieldTooLong } from "../../meta/field-error.ts";
import { immutable } from "../../meta/internal-form.ts";
import { rangeError } from "../../meta/names.ts";
import { VOLUME_SOURCES, validateVolumeSpec } from "../core/persistent-volume-validation.ts";
import { roundResources } from "../core/pod/resource-lists.ts";
import { defaultVolume } from "../core/pod/volume-defaults.ts";
import { defineKind } from "../kind.ts";
import { restore, status } from "../subresources.ts";
import { validateDriverName } from "./driver-name.ts";

const MAX_METADATA = 256 * 1024;
const MAX_MESSAGE = 1024;
const ONE_OF = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

/** VolumeAttachment, storage.k8s.io/v1. Follows pkg/registry/storage/volumeattachment and pkg/apis/storage/validation. */
export const volumeAttachment = defineKind<VolumeAttachment>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  returnsDeletedObject: true,
  allowUnconditionalUpdate: false,
  defaults({ spec }) {
    const { inlineVolumeSpec: volume } = spec?.source ?? {};
    if (!volume) return;
    roundResources(volume.capacity);
    // The cast: sources have the same members in a Pod.
    if (VOLUME_SOURCES.some((source) => volume[source])) defaultVolume(volume as Volume);
  },
  prepareForCreate(object) {
    object.status = { attached: false };
  },
  prepareForUpdate: (object, old) => restore(object, old, "status"),
  validate,
  updateChecks: ["whole", "own"],
  validateUpdate,
  subresources: {
    status: {
      ...status<VolumeAttachment>({ keep: ["labels", "annotations", "ownerReferences", "finalizers"] }),
      verbs: ["get", "patch", "update"],
      updateChecks: ["whole", "own"],
      validateUpdate,
    },
  },
});

function validateUpdate(object: VolumeAttachment, old: VolumeAttachment): FieldError[] {
  return [...validate(object), ...immutable("storage.VolumeAttachmentSpec", [object.spec, old.spec], "spec")];
}

function validate({ spec, status: current }: VolumeAttachment): FieldError[] {
  const name = spec.source.persistentVolumeName;
  return [
    ...validateDriverName(spec.attacher, "spec.attacher"),
    ...validateSource(spec.source),
    ...dnsSubdomain(spec.nodeName ?? "", "spec.nodeName"),
    ...validateStatus(current ?? { attached: false }),
    ...(name === undefined ? [] : dnsSubdomain(name, "spec.source.persistentVolumeName")),
  ];
}

function validateSource({ persistentVolumeName, inlineVolumeSpec }: VolumeAttachment["spec"]["source"]): FieldError[] {
  const field = "spec.source";
  if (!inlineVolumeSpec && persistentVolumeName === undefined) return [fieldRequired(field, ONE_OF)];
  if (inlineVolumeSpec && persistentVolumeName !== undefined) return [fieldForbidden(field, ONE_OF)];
  if (inlineVolumeSpec) {
    return validateVolumeSpec(inlineVolumeSpec, { name: "", isInline: true }, `${field}.inlineVolumeSpec`);
  }
  const detail = "must specify non empty persistentVolumeName";
  return persistentVolumeName ? [] : [fieldRequired(`${field}.persistentVolumeName`, detail)];
}

function validateStatus({
  attachmentMetadata = {},
  attachError,
  detachError,
}: VolumeAttachment["status"]): FieldError[] {
  const size = Object.entries(attachmentMetadata).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  const field = "status.attachmentMetadata";
  return [
    ...(size > MAX_METADATA ? [fieldTooLong(field, MAX_METADATA)] : []),
    ...validateVolumeError(attachError, "status.attachError"),
    ...validateVolumeError(detachError, "status.detachError"),
  ];
}

function validateVolumeError(error: VolumeAttachment["status"]["attachError"], field: string): FieldError[] {
  const { message = "", errorCode = 0 } = error ?? {};
  return [
    // The limit that it names is upstream's: not the one that was passed.
    ...(Buffer.byteLength(message) > MAX_MESSAGE ? [fieldTooLong(`${field}.message`, MAX_METADATA)] : []),
    ...(errorCode < 0 ? [fieldInvalid(`${field}.errorCode`, errorCode, rangeError(0, 2 ** 31 - 1))] : []),
  ];
}
