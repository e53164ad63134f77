import type { Volume } from "../../../../openapi/api/core.v1.ts";
import { dnsLabel, invalidEach, needed, oneOf } from "../../../meta/field-checks.ts";
import {
  type FieldError,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
} from "../../../meta/field-error.ts";
import { nameIsDNSSubdomain, validateDNS1123Subdomain } from "../../../meta/names.ts";
import { inRange } from "./field-checks.ts";

type Checks = {
  readonly [S in Exclude<keyof Volume, "name">]?: (source: NonNullable<Volume[S]>, field: string) => FieldError[];
};

const PARTITION = "must be between 1 and 255, inclusive";
const HOST_PORTS = "must be a host:port pair or multiple pairs separated by commas";
const AZURE_MANAGED = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const AZURE_BLOB = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";
const MAX_DRIVER_NAME = 63;

/** Members that must not be empty. */
function neededAll(source: object, members: readonly string[], field: string): FieldError[] {
  // The cast: looked at by name.
  return members.flatMap((member) => needed((source as Record<string, unknown>)[member], `${field}.${member}`));
}

function partition(value: number | undefined, field: string): FieldError[] {
  const number = value ?? 0;
  return number < 0 || number > 255 ? [fieldInvalid(`${field}.partition`, number, PARTITION)] : [];
}

function secretName(reference: { readonly name?: string } | undefined, field: string): FieldError[] {
  return reference ? needed(reference.name, `${field}.secretRef.name`) : [];
}

/** Volumes from elsewhere. (validate…VolumeSource of pkg/apis/core/validation) */
const CHECKS: Checks = {
  gcePersistentDisk: (source, field) => [
    ...neededAll(source, ["pdName"], field),
    ...partition(source.partition, field),
  ],
  awsElasticBlockStore: (source, field) => [
    ...neededAll(source, ["volumeID"], field),
    ...partition(source.partition, field),
  ],
  nfs: (source, field) => [
    ...neededAll(source, ["server", "path"], field),
    ...(source.path?.startsWith("/")
      ? []
      : [fieldInvalid(`${field}.path`, source.path ?? "", "must be an absolute path")]),
  ],
  iscsi(source, field) {
    const { iqn = "", lun = 0, initiatorName, secretRef } = source;
    const chap = source.chapAuthDiscovery || source.chapAuthSession;
    return [
      ...needed(source.targetPortal, `${field}.targetPortal`),
      ...(iqn ? iscsiName(iqn, `${field}.iqn`) : needed(iqn, `${field}.iqn`)),
      ...inRange(lun, 0, 255, `${field}.lun`),
      ...(chap && !secretRef ? [fieldRequired(`${field}.secretRef`, "")] : []),
      ...(initiatorName === undefined ? [] : iscsiName(initiatorName, `${field}.initiatorname`)),
    ];
  },
  glusterfs: (source, field) => neededAll(source, ["endpoints", "path"], field),
  flocker({ datasetName = "", datasetUUID }, field) {
    const errors: FieldError[] = [];
    if (!datasetName && !datasetUUID) {
      errors.push(fieldRequired(field, "one of datasetName and datasetUUID is required"));
    }
    if (datasetName && datasetUUID) {
      const detail = "datasetName and datasetUUID can not be specified simultaneously";
      errors.push(fieldInvalid(field, "resource", detail));
    }
    if (datasetName.includes("/")) {
      errors.push(fieldInvalid(`${field}.datasetName`, datasetName, "must not contain '/'"));
    }
    return errors;
  },
  rbd: (source, field) => [
    ...needed(source.monitors?.length, `${field}.monitors`),
    ...neededAll(source, ["image"], field),
  ],
  cinder: (source, field) => [...neededAll(source, ["volumeID"], field), ...secretName(source.secretRef, field)],
  cephfs: (source, field) => needed(source.monitors?.length, `${field}.monitors`),
  quobyte(source, field) {
    const { registry = "", tenant = "", volume } = source;
    const errors: FieldError[] = [];
    if (!registry) errors.push(fieldRequired(`${field}.registry`, HOST_PORTS));
    else if (tenant.length >= 65) {
      const detail = "must be a UUID and may not exceed a length of 64 characters";
      errors.push(fieldRequired(`${field}.tenant`, detail));
    } else {
      const wrong = registry.split(",").filter((pair) => !/^(\[[^[\]]*\]|[^[\]:]*):[^[\]:]*$/.test(pair));
      errors.push(...wrong.map(() => fieldInvalid(`${field}.registry`, registry, HOST_PORTS)));
    }
    return [...errors, ...needed(volume, `${field}.volume`)];
  },
  fc({ targetWWNs = [], wwids = [], lun }, field) {
    const errors: FieldError[] = [];
    const at = `${field}.targetWWNs`;
    if (targetWWNs.length === 0 && wwids.length === 0) {
      errors.push(fieldRequired(at, "must specify either targetWWNs or wwids, but not both"));
    }
    if (targetWWNs.length === 0) return errors;
    if (wwids.length > 0) {
      errors.push(fieldInvalid(at, targetWWNs, "targetWWNs and wwids can not be specified simultaneously"));
    }
    if (lun === undefined) errors.push(fieldRequired(`${field}.lun`, "lun is required if targetWWNs is specified"));
    else errors.push(...inRange(lun, 0, 255, `${field}.lun`));
    return errors;
  },
  flexVolume({ driver, options = {} }, field) {
    const reserved = Object.keys(options).filter((key) => {
      const name = `.${(key.includes("/") ? key.slice(0, key.indexOf("/")) : key).toLowerCase()}`;
      return name.endsWith(".kubernetes.io") || name.endsWith(".k8s.io");
    });
    const detail = "kubernetes.io and k8s.io namespaces are reserved";
    return [
      ...needed(driver, `${field}.driver`),
      ...reserved.map((key) => fieldInvalid(`${field}.options[${key}]`, key, detail)),
    ];
  },
  azureFile: (source, field) => neededAll(source, ["secretName", "shareName"], field),
  vsphereVolume: (source, field) => neededAll(source, ["volumePath"], field),
  photonPersistentDisk: (source, field) => neededAll(source, ["pdID"], field),
  portworxVolume: (source, field) => neededAll(source, ["volumeID"], field),
  azureDisk(source, field) {
    const { diskURI = "", kind } = source;
    const errors = [
      ...neededAll(source, ["diskName", "diskURI"], field),
      ...oneOf(source.cachingMode, ["None", "ReadOnly", "ReadWrite"], `${field}.cachingMode`),
      ...oneOf(kind, ["Dedicated", "Managed", "Shared"], `${field}.kind`),
    ];
    if (kind === "Managed" && !diskURI.startsWith("/subscriptions/")) {
      errors.push(fieldNotSupported(`${field}.diskURI`, diskURI, [AZURE_MANAGED]));
    }
    if (kind !== undefined && kind !== "Managed" && !diskURI.startsWith("https://")) {
      errors.push(fieldNotSupported(`${field}.diskURI`, diskURI, [AZURE_BLOB]));
    }
    return errors;
  },
  storageos({ volumeName, volumeNamespace, secretRef }, field) {
    return [
      ...(volumeName ? dnsLabel(volumeName, `${field}.volumeName`) : needed(volumeName, `${field}.volumeName`)),
      ...(volumeNamespace ? dnsLabel(volumeNamespace, `${field}.volumeNamespace`) : []),
      ...secretName(secretRef, field),
    ];
  },
  scaleIO: (source, field) => neededAll(source, ["gateway", "system", "volumeName"], field),
  csi({ driver = "", nodePublishSecretRef }, field) {
    const errors = validateDriverName(driver, `${field}.driver`);
    if (!nodePublishSecretRef) return errors;
    const { name } = nodePublishSecretRef;
    if (!name) return [...errors, fieldRequired(`${field}.nodePublishSecretRef.name`, "")];
    return [...errors, ...invalidEach(name, nameIsDNSSubdomain(name, false), `${field}.name`)];
  },
};

/** (ValidateCSIDriverName) */
function validateDriverName(name: string, field: string): FieldError[] {
  if (!name) return [fieldRequired(field, "")];
  const errors = name.length > MAX_DRIVER_NAME ? [fieldTooLong(field, MAX_DRIVER_NAME)] : [];
  return [...errors, ...invalidEach(name, validateDNS1123Subdomain(name.toLowerCase()), field)];
}

function iscsiName(name: string, field: string): FieldError[] {
  const formats: Readonly<Record<string, RegExp>> = {
    iqn: /iqn\.\d{4}-\d{2}\.([a-zA-Z0-9-.]+)(:[^,;*&$|\s]+)$/,
    eui: /^eui.[a-zA-Z0-9]{16}$/,
    naa: /^naa.[a-zA-Z0-9]{32}$/,
  };
  const format = formats[name.slice(0, 3)];
  if (!format) return [fieldInvalid(field, name, "must be valid format starting with iqn, eui, or naa")];
  return format.test(name) ? [] : [fieldInvalid(field, name, "must be valid format")];
}

/** Entries for the table of volume-validation.ts. */
export function remoteSources<S extends keyof Checks>(sources: readonly S[]) {
  return sources.map((source) => {
    const check = (volume: Volume, field: string): FieldError[] => {
      const given = volume[source];
      // The cast: the check of this very source.
      const own = CHECKS[source] as ((given: unknown, field: string) => FieldError[]) | undefined;
      return given === undefined || !own ? [] : own(given, field);
    };
    return [source, check] as const;
  });
}
