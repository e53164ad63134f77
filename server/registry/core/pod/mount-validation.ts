import type { Container, Volume, VolumeMount } from "../../../../openapi/api/core.v1.ts";
import {
  type FieldError,
  fieldForbidden,
  fieldInvalid,
  fieldNotFound,
  fieldNotSupported,
  fieldRequired,
} from "../../../meta/field-error.ts";
import { validateDescendingPath, validateNoBacksteps } from "./volume-paths.ts";

/** Valid volumes of the Pod by name. */
export type Volumes = ReadonlyMap<string, Volume>;

/** (ValidateVolumeMounts of pkg/apis/core/validation) */
export function validateMounts(container: Container, volumes: Volumes, field: string): FieldError[] {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const devices = new Map(volumeDevices.map(({ name, devicePath }) => [name, devicePath]));
  const devicePaths = [...devices.values()];
  const paths = new Set<string>();
  return volumeMounts.flatMap((mount, i) => {
    const { name = "", mountPath = "", subPath, subPathExpr } = mount;
    const at = `${field}[${i}]`;
    const errors: FieldError[] = [];
    if (!name) errors.push(fieldRequired(`${at}.name`, ""));
    if (!volumes.has(name)) errors.push(fieldNotFound(`${at}.name`, name));
    if (!mountPath) errors.push(fieldRequired(`${at}.mountPath`, ""));
    if (paths.has(mountPath)) errors.push(fieldInvalid(`${at}.mountPath`, mountPath, "must be unique"));
    paths.add(mountPath);
    if (devices.has(name)) errors.push(fieldInvalid(`${at}.name`, name, "must not already exist in volumeDevices"));
    if (devicePaths.includes(mountPath)) {
      const detail = "must not already exist as a path in volumeDevices";
      errors.push(fieldInvalid(`${at}.mountPath`, mountPath, detail));
    }
    // From here on upstream leaves the index out.
    if (subPath) errors.push(...validateDescendingPath(subPath, `${field}.subPath`));
    if (subPathExpr) {
      if (subPath) {
        const detail = "subPathExpr and subPath are mutually exclusive";
        errors.push(fieldInvalid(`${at}.subPathExpr`, subPathExpr, detail));
      }
      errors.push(...validateDescendingPath(subPathExpr, `${field}.subPathExpr`));
    }
    return [
      ...errors,
      ...validatePropagation(mount, container, `${field}.mountPropagation`),
      ...validateRecursive(mount, `${field}.recursiveReadOnly`),
    ];
  });
}

function validatePropagation({ mountPropagation }: VolumeMount, container: Container, field: string): FieldError[] {
  if (mountPropagation === undefined) return [];
  const modes = ["Bidirectional", "HostToContainer", "None"];
  const errors = modes.includes(mountPropagation) ? [] : [fieldNotSupported(field, mountPropagation, modes)];
  if (mountPropagation === "Bidirectional" && !container.securityContext?.privileged) {
    errors.push(fieldForbidden(field, "Bidirectional mount propagation is available only to privileged containers"));
  }
  return errors;
}

function validateRecursive(mount: VolumeMount, field: string): FieldError[] {
  const { recursiveReadOnly, readOnly, mountPropagation = "None" } = mount;
  if (recursiveReadOnly === undefined || recursiveReadOnly === "Disabled") return [];
  const modes = ["Disabled", "Enabled", "IfPossible"];
  if (!modes.includes(recursiveReadOnly)) return [fieldNotSupported(field, recursiveReadOnly, modes)];
  const errors = readOnly ? [] : [fieldForbidden(field, "may only be specified when readOnly is true")];
  if (mountPropagation !== "None") {
    errors.push(fieldForbidden(field, "may only be specified when mountPropagation is None or not specified"));
  }
  return errors;
}

/** (ValidateVolumeDevices) */
export function validateDevices(container: Container, volumes: Volumes, field: string): FieldError[] {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const mounts = new Map(volumeMounts.map(({ name, mountPath }) => [name, mountPath]));
  const mountPaths = [...mounts.values()];
  const names = new Set<string>();
  const paths = new Set<string>();
  return volumeDevices.flatMap(({ name = "", devicePath = "" }, i) => {
    const at = `${field}[${i}]`;
    const errors: FieldError[] = [];
    const volume = volumes.get(name);
    if (!name) errors.push(fieldRequired(`${at}.name`, ""));
    if (names.has(name)) errors.push(fieldInvalid(`${at}.name`, name, "must be unique"));
    if (!volume) errors.push(fieldNotFound(`${at}.name`, name));
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      const detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
      errors.push(fieldInvalid(`${at}.name`, name, detail));
    }
    if (!devicePath) errors.push(fieldRequired(`${at}.devicePath`, ""));
    if (paths.has(devicePath)) errors.push(fieldInvalid(`${at}.devicePath`, devicePath, "must be unique"));
    if (validateNoBacksteps(devicePath, "").length > 0) {
      errors.push(fieldInvalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"));
    } else paths.add(devicePath);
    if (mounts.has(name)) errors.push(fieldInvalid(`${at}.name`, name, "must not already exist in volumeMounts"));
    if (mountPaths.includes(devicePath)) {
      const detail = "must not already exist as a path in volumeMounts";
      errors.push(fieldInvalid(`${at}.devicePath`, devicePath, detail));
    }
    if (name) names.add(name);
    return errors;
  });
}
