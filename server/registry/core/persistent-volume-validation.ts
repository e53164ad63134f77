import { posix } from "node:path";
import type {
  CSIPersistentVolumeSource,
  PersistentVolumeSpec,
  SecretReference,
  Volume,
} from "../../../openapi/api/core.v1.ts";
import { orEmpty } from "../../../openapi/given-empty.ts";
import { dnsLabel, dnsSubdomain, needed, neededBy, oneOf } from "../../meta/field-checks.ts";
import {
  type FieldError,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../meta/field-error.ts";
import { sortedMembers } from "../../meta/members.ts";
import { parseQuantity, quantitySign, scaledValue } from "../../meta/quantity.ts";
import { validateDriverName } from "../storage/driver-name.ts";
import { validateNodeSelector } from "./pod/affinity-validation.ts";
import { remoteSources } from "./pod/remote-volumes.ts";
import { validateNoBacksteps } from "./pod/volume-paths.ts";
import { HOST_PATH_TYPES } from "./pod/volume-validation.ts";

const ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const RECLAIM_POLICIES = ["Delete", "Recycle", "Retain"];
const VOLUME_MODES = ["Block", "Filesystem"];
const INLINE = "may not be specified in the context of inline volumes";
const MAX_ISCSI_NAME = 64;

export interface VolumeContext {
  /** The PersistentVolume's. */
  readonly name: string;
  /** Inside a VolumeAttachment. */
  readonly isInline?: boolean;
  readonly allowInvalidAffinity?: boolean;
}

/** (pkg/apis/core/validation ValidatePersistentVolumeSpec) */
export function validateVolumeSpec(
  spec: Readonly<PersistentVolumeSpec>,
  context: VolumeContext,
  field: string,
): FieldError[] {
  const { isInline = false } = context;
  return [
    ...(isInline ? validateInline(spec, field) : []),
    ...validateAccessModes(spec.accessModes ?? [], field),
    ...(isInline ? [] : validateCapacity(spec, `${field}.capacity`)),
    ...validateReclaimPolicy(spec, isInline, `${field}.persistentVolumeReclaimPolicy`),
    ...validateNodeAffinity(spec, context, `${field}.nodeAffinity`),
    ...validateSources(spec, context, field),
    ...validateClasses(spec, isInline, field),
  ];
}

function validateInline({ claimRef, capacity, csi }: Readonly<PersistentVolumeSpec>, field: string): FieldError[] {
  return [
    ...(claimRef ? [fieldForbidden(`${field}.claimRef`, INLINE)] : []),
    ...(Object.keys(capacity ?? {}).length > 0 ? [fieldForbidden(`${field}.capacity`, INLINE)] : []),
    ...(csi ? [] : [fieldRequired(`${field}.csi`, "has to be specified in the context of inline volumes")]),
  ];
}

function validateAccessModes(modes: readonly string[], parent: string): FieldError[] {
  const field = `${parent}.accessModes`;
  const errors = modes.length === 0 ? [fieldRequired(field, "")] : [];
  errors.push(
    ...modes.flatMap((mode) => (ACCESS_MODES.includes(mode) ? [] : [fieldNotSupported(field, mode, ACCESS_MODES)])),
  );
  const hasOther = modes.some((mode) => mode !== "ReadWriteOncePod" && ACCESS_MODES.includes(mode));
  if (modes.includes("ReadWriteOncePod") && hasOther) {
    errors.push(fieldForbidden(field, "may not use ReadWriteOncePod with other access modes"));
  }
  return errors;
}

function validateCapacity(spec: Readonly<PersistentVolumeSpec>, field: string): FieldError[] {
  const capacity = orEmpty(spec, "capacity");
  const names = Object.keys(capacity ?? {});
  const errors = names.length === 0 ? [fieldRequired(field, "")] : [];
  if (names.length !== 1 || names[0] !== "storage") {
    errors.push(fieldNotSupported(field, capacity && sortedMembers(capacity), ["storage"]));
  }
  for (const [name, text] of Object.entries(capacity ?? {})) {
    const quantity = parseQuantity(text);
    errors.push(...validateBasicResource(text, `${field}[${name}]`));
    if (quantitySign(quantity) <= 0) errors.push(fieldInvalid(`${field}[${name}]`, text, "must be greater than zero"));
  }
  return errors;
}

export function validateBasicResource(text: string, field: string): FieldError[] {
  const value = scaledValue(parseQuantity(text), 0);
  return value < 0n ? [fieldInvalid(field, value, "must be a valid resource quantity")] : [];
}

function validateReclaimPolicy(
  { persistentVolumeReclaimPolicy: policy }: Readonly<PersistentVolumeSpec>,
  isInline: boolean,
  field: string,
): FieldError[] {
  if (!policy) return [];
  if (!isInline) return oneOf(policy, RECLAIM_POLICIES, field);
  return policy === "Retain" ? [] : [fieldForbidden(field, "may only be Retain in the context of inline volumes")];
}

function validateNodeAffinity(
  { nodeAffinity }: Readonly<PersistentVolumeSpec>,
  { isInline, allowInvalidAffinity = false }: VolumeContext,
  field: string,
): FieldError[] {
  if (!nodeAffinity) return [];
  if (isInline) return [fieldForbidden(field, INLINE)];
  const { required } = nodeAffinity;
  if (!required) return [fieldRequired(`${field}.required`, "must specify required node constraints")];
  return validateNodeSelector(required, allowInvalidAffinity, `${field}.required`);
}

type Check = (spec: Readonly<PersistentVolumeSpec>, field: string, context: VolumeContext) => FieldError[];

/** Those that look the same in a Pod. */
function asInPod(source: Parameters<typeof remoteSources>[0][number]): Check {
  const [[, check]] = remoteSources([source]) as [ReturnType<typeof remoteSources>[number]]; // one in, one out
  // The cast: only the member of that name is looked at.
  return (spec, field) => check(spec as Volume, field);
}

function validateSecret(reference: SecretReference | undefined, field: string): FieldError[] {
  if (!reference) return [];
  return [...needed(reference.name, `${field}.name`), ...needed(reference.namespace, `${field}.namespace`)];
}

const SOURCES: readonly (readonly [keyof PersistentVolumeSpec, Check])[] = [
  [
    "hostPath",
    ({ hostPath }, field) =>
      hostPath?.path
        ? [
            ...validateNoBacksteps(hostPath.path, `${field}.path`),
            ...oneOf(hostPath.type, HOST_PATH_TYPES, `${field}.type`),
          ]
        : [fieldRequired(`${field}.path`, "")],
  ],
  ["gcePersistentDisk", asInPod("gcePersistentDisk")],
  ["awsElasticBlockStore", asInPod("awsElasticBlockStore")],
  ["glusterfs", validateGlusterfs],
  ["flocker", asInPod("flocker")],
  ["nfs", asInPod("nfs")],
  ["rbd", asInPod("rbd")],
  ["quobyte", asInPod("quobyte")],
  ["cephfs", asInPod("cephfs")],
  ["iscsi", validateIscsi],
  [
    "cinder",
    ({ cinder }, field) => [
      ...needed(cinder?.volumeID, `${field}.volumeID`),
      ...validateSecret(cinder?.secretRef, `${field}.secretRef`),
    ],
  ],
  ["fc", asInPod("fc")],
  ["flexVolume", asInPod("flexVolume")],
  [
    "azureFile",
    ({ azureFile }, field) => [
      ...needed(azureFile?.secretName, `${field}.secretName`),
      ...needed(azureFile?.shareName, `${field}.shareName`),
      ...(azureFile?.secretNamespace === "" ? [fieldRequired(`${field}.secretNamespace`, "")] : []),
    ],
  ],
  ["vsphereVolume", asInPod("vsphereVolume")],
  ["photonPersistentDisk", asInPod("photonPersistentDisk")],
  ["portworxVolume", asInPod("portworxVolume")],
  ["azureDisk", asInPod("azureDisk")],
  ["scaleIO", asInPod("scaleIO")],
  [
    "local",
    ({ local, nodeAffinity }, field, { isInline }) => [
      ...(local?.path ? validateNoBacksteps(local.path, `${field}.path`) : [fieldRequired(`${field}.path`, "")]),
      // An inline volume may not have one, so what it has does not count.
      ...needed(
        !isInline && nodeAffinity,
        field.replace(/local$/, "nodeAffinity"),
        "Local volume requires node affinity",
      ),
    ],
  ],
  [
    "storageos",
    ({ storageos }, field) => [
      ...neededBy(storageos?.volumeName, dnsLabel, `${field}.volumeName`),
      ...(storageos?.volumeNamespace ? dnsLabel(storageos.volumeNamespace, `${field}.volumeNamespace`) : []),
      ...validateSecret(storageos?.secretRef, `${field}.secretRef`),
    ],
  ],
  ["csi", ({ csi }, field) => (csi ? validateCsi(csi, field) : [])],
];
export const VOLUME_SOURCES: readonly (keyof PersistentVolumeSpec)[] = SOURCES.map(([source]) => source);
/** Paths that upstream spells in its own way: where a second source is refused, and where one is checked. */
const FORBIDDEN_AS: Partial<Record<string, string>> = { cephfs: "cephFS" };
const CHECKED_AS: Partial<Record<string, string>> = { gcePersistentDisk: "persistentDisk" };

function validateSources(spec: Readonly<PersistentVolumeSpec>, context: VolumeContext, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let found = false;
  for (const [source, check] of SOURCES) {
    if (spec[source] === undefined) continue;
    if (found && source !== "flexVolume") {
      errors.push(
        fieldForbidden(`${field}.${FORBIDDEN_AS[source] ?? source}`, "may not specify more than 1 volume type"),
      );
    } else errors.push(...check(spec, `${field}.${CHECKED_AS[source] ?? source}`, context));
    found = true;
  }
  if (!found) errors.push(fieldRequired(field, "must specify a volume type"));
  const path = spec.hostPath && posix.normalize(spec.hostPath.path || ".");
  if (path === "/" && spec.persistentVolumeReclaimPolicy === "Recycle") {
    const detail = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(fieldForbidden(`${field}.persistentVolumeReclaimPolicy`, detail));
  }
  return errors;
}

function validateGlusterfs({ glusterfs }: Readonly<PersistentVolumeSpec>, field: string): FieldError[] {
  const { endpoints, path, endpointsNamespace: namespace } = glusterfs ?? {};
  const errors = [...needed(endpoints, `${field}.endpoints`), ...needed(path, `${field}.path`)];
  if (namespace === undefined) return errors;
  if (namespace) return [...errors, ...dnsLabel(namespace, `${field}.endpointsNamespace`)];
  const detail = "if the endpointnamespace is set, it must be a valid namespace name";
  return [...errors, fieldInvalid(`${field}.endpointsNamespace`, namespace, detail)];
}

const ISCSI_FORMAT = "must be valid format";

function validateIscsi(spec: Readonly<PersistentVolumeSpec>, field: string, { name }: VolumeContext): FieldError[] {
  const { initiatorName, iqn, targetPortal = "" } = spec.iscsi ?? {};
  const errors = asInPod("iscsi")(spec, field, { name }).map((error) => {
    // Said in fewer words than of a Pod's volume.
    if (!error.detail.startsWith(ISCSI_FORMAT)) return error;
    return fieldInvalid(error.field, error.field.endsWith("iqn") ? iqn : initiatorName, ISCSI_FORMAT);
  });
  if (initiatorName === undefined || `${name}:${targetPortal}`.length <= MAX_ISCSI_NAME) return errors;
  const detail =
    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";
  return [fieldInvalid(`${field}.targetportal`, targetPortal, detail), ...errors];
}

function validateCsi(csi: Readonly<CSIPersistentVolumeSource>, field: string): FieldError[] {
  const secrets = [
    "controllerPublishSecretRef",
    "controllerExpandSecretRef",
    "nodePublishSecretRef",
    "nodeExpandSecretRef",
  ] as const;
  return [
    ...validateDriverName(csi.driver, `${field}.driver`),
    ...needed(csi.volumeHandle, `${field}.volumeHandle`),
    ...secrets.flatMap((member) => {
      const reference = csi[member];
      if (!reference) return [];
      return [
        ...neededBy(reference.name, dnsSubdomain, `${field}.${member}.name`),
        ...neededBy(reference.namespace, dnsLabel, `${field}.${member}.namespace`),
      ];
    }),
  ];
}

function validateClasses(spec: Readonly<PersistentVolumeSpec>, isInline: boolean, field: string): FieldError[] {
  const { storageClassName, volumeMode, volumeAttributesClassName: attributesClass, csi } = spec;
  const errors: FieldError[] = [];
  if (storageClassName) {
    const path = `${field}.storageClassName`;
    errors.push(...(isInline ? [fieldForbidden(path, INLINE)] : dnsSubdomain(storageClassName, path)));
  }
  if (!isInline) errors.push(...oneOf(volumeMode, VOLUME_MODES, `${field}.volumeMode`));
  else if (volumeMode !== undefined && volumeMode !== "Filesystem") {
    const detail = "may not specify volumeMode other than Filesystem in the context of inline volumes";
    errors.push(fieldForbidden(`${field}.volumeMode`, detail));
  }
  if (attributesClass === undefined || isInline) return errors;
  const path = `${field}.volumeAttributesClassName`;
  if (attributesClass) errors.push(...dnsSubdomain(attributesClass, path));
  else errors.push(fieldRequired(path, "an empty string is disallowed"));
  if (!csi) errors.push(fieldRequired(`${field}.csi`, "has to be specified when using volumeAttributesClassName"));
  return errors;
}
