import type { Volume } from "../../../../openapi/api/core.v1.ts";
import { dnsLabel, needed, neededOneOf, oneOf } from "../../../meta/field-checks.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
} from "../../../meta/field-error.ts";
import { nameIsDNSSubdomain } from "../../../meta/names.ts";
import { parseQuantity, quantitySign } from "../../../meta/quantity.ts";
import { validateClaimTemplate } from "./claim-template.ts";
import { validateDownwardAPI, validateKeyFiles, validateProjected } from "./projected-volume.ts";
import { remoteSources } from "./remote-volumes.ts";
import type { ValidationOptions } from "./validation-options.ts";
import { validateDescendingPath, validateNoBacksteps } from "./volume-paths.ts";

const MORE_THAN_ONE = "may not specify more than 1 volume type";
export const HOST_PATH_TYPES = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

/** What volumes are checked against. */
export interface VolumeContext {
  /** Empty in templates. */
  readonly podName: string;
  readonly options: ValidationOptions;
}

type Source = Exclude<keyof Volume, "name">;
type SourceCheck = (volume: Volume, field: string, context: VolumeContext) => FieldError[];

/** In upstream's order: the first one given is looked at, the others are one too many. */
const SOURCES: readonly (readonly [Source, SourceCheck])[] = [
  ["hostPath", ({ hostPath }, field) => validateHostPath(hostPath, field)],
  [
    "gitRepo",
    ({ gitRepo }, field) => [
      ...needed(gitRepo?.repository, `${field}.repository`),
      ...validateDescendingPath(gitRepo?.directory ?? "", `${field}.directory`),
    ],
  ],
  ...remoteSources(["gcePersistentDisk", "awsElasticBlockStore"]),
  [
    "secret",
    ({ secret }, field) => [...needed(secret?.secretName, `${field}.secretName`), ...validateKeyFiles(secret, field)],
  ],
  ...remoteSources(["nfs", "iscsi", "glusterfs", "flocker"]),
  [
    "persistentVolumeClaim",
    ({ persistentVolumeClaim: claim }, field) => needed(claim?.claimName, `${field}.claimName`),
  ],
  ...remoteSources(["rbd", "cinder", "cephfs", "quobyte"]),
  ["downwardAPI", ({ downwardAPI }, field) => (downwardAPI ? validateDownwardAPI(downwardAPI, field) : [])],
  ...remoteSources(["fc", "flexVolume"]),
  [
    "configMap",
    ({ configMap }, field) => [...needed(configMap?.name, `${field}.name`), ...validateKeyFiles(configMap, field)],
  ],
  ...remoteSources(["azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos"]),
  ["projected", ({ projected }, field, { options }) => (projected ? validateProjected(projected, field, options) : [])],
  ...remoteSources(["scaleIO", "csi"]),
  ["ephemeral", validateEphemeral],
  ["image", validateImage],
];
const PLACES: ReadonlyMap<string, number> = new Map(SOURCES.map(([source], place) => [source, place]));
/** Paths in errors that upstream spells in its own way. */
const FORBIDDEN_AS: Partial<Record<Source, string>> = { cephfs: "cephFS", downwardAPI: "downwarAPI" };
const CHECKED_AS: Partial<Record<Source, string>> = { gcePersistentDisk: "persistentDisk" };

/** @returns the valid ones by name, and what is wrong. (ValidateVolumes of pkg/apis/core/validation) */
export function validateVolumes(
  volumes: readonly Volume[] = [],
  context: VolumeContext,
  field: string,
): { readonly valid: ReadonlyMap<string, Volume>; readonly errors: FieldError[] } {
  const { podName } = context;
  // Claims that will be made for this very Pod.
  const made = new Set(podName ? volumes.filter((v) => v.ephemeral).map(({ name }) => `${podName}-${name}`) : []);
  const valid = new Map<string, Volume>();
  const errors = volumes.flatMap((volume, i) => {
    const at = `${field}[${i}]`;
    const { name = "", persistentVolumeClaim } = volume;
    const own = validateSource(volume, at, context);
    own.push(...(name ? dnsLabel(name, `${at}.name`) : needed(name, `${at}.name`)));
    if (valid.has(name)) own.push(fieldDuplicate(`${at}.name`, name));
    if (own.length === 0) valid.set(name, volume);
    if (persistentVolumeClaim && made.has(persistentVolumeClaim.claimName)) {
      const detail = "must not reference a PVC that gets created for an ephemeral volume";
      own.push(fieldInvalid(`${at}.persistentVolumeClaim.claimName`, persistentVolumeClaim.claimName, detail));
    }
    return own;
  });
  return { valid, errors };
}

function validateSource(volume: Volume, field: string, context: VolumeContext): FieldError[] {
  const errors: FieldError[] = [];
  const { emptyDir, name } = volume;
  if (emptyDir?.sizeLimit !== undefined && quantitySign(parseQuantity(emptyDir.sizeLimit)) < 0) {
    const detail = "SizeLimit field must be a valid resource quantity";
    errors.push(fieldForbidden(`${field}.emptyDir.sizeLimit`, detail));
  }
  let found = emptyDir !== undefined;
  for (const [source, check] of givenSources(volume)) {
    if (found) errors.push(fieldForbidden(`${field}.${FORBIDDEN_AS[source] ?? source}`, MORE_THAN_ONE));
    else errors.push(...check(volume, `${field}.${CHECKED_AS[source] ?? source}`, context));
    found = true;
    if (source === "iscsi" && volume.iscsi?.initiatorName !== undefined) {
      if (`${name}:${volume.iscsi.targetPortal}`.length <= 64) continue;
      const detail =
        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";
      errors.push(fieldInvalid(`${field}.name`, name, detail));
    }
  }
  return found ? errors : [...errors, fieldRequired(field, "must specify a volume type")];
}

/** The sources of a volume in upstream's order. Nearly always one: all thirty are not looked for in each volume. */
function givenSources(volume: Volume): (typeof SOURCES)[number][] {
  const places: number[] = [];
  for (const key in volume) {
    const place = PLACES.get(key);
    if (place !== undefined && volume[key as Source] !== undefined) places.push(place); // a source has a place
  }
  if (places.length > 1) places.sort((a, b) => a - b);
  return places.map((place) => SOURCES[place]!);
}

function validateHostPath(hostPath: Volume["hostPath"], field: string): FieldError[] {
  if (!hostPath?.path) return [fieldRequired(`${field}.path`, "")];
  return [
    ...validateNoBacksteps(hostPath.path, `${field}.path`),
    ...oneOf(hostPath.type, HOST_PATH_TYPES, `${field}.type`),
  ];
}

function validateEphemeral({ name, ephemeral }: Volume, field: string, { podName }: VolumeContext): FieldError[] {
  const template = ephemeral?.volumeClaimTemplate;
  const at = `${field}.volumeClaimTemplate`;
  const errors = template ? validateClaimTemplate(template, at) : [fieldRequired(at, "")];
  if (!podName || !name) return errors;
  const claim = `${podName}-${name}`;
  const path = field.replace(/ephemeral$/, "name");
  const wrong = nameIsDNSSubdomain(claim, false);
  return [...errors, ...wrong.map((message) => fieldInvalid(path, name, `PVC name "${claim}": ${message}`))];
}

function validateImage({ image }: Volume, field: string, { options }: VolumeContext): FieldError[] {
  // A template's image may be filled in when a Pod is made of it.
  const missing = options.isPod ? needed(image?.reference, `${field}.reference`) : [];
  return [...missing, ...neededOneOf(image?.pullPolicy, ["Always", "IfNotPresent", "Never"], `${field}.pullPolicy`)];
}
