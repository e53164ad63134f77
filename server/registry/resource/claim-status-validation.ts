import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceRequestAllocationResult,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from "../../../openapi/api/resource.k8s.io.v1.ts";
import { validateConditions } from "../../meta/conditions.ts";
import { dnsLabel, needed, neededOneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldTooLong, fieldTooMany } from "../../meta/field-error.ts";
import { immutable } from "../../meta/internal-form.ts";
import { validateInterfaceAddress } from "../../meta/ip-validation.ts";
import { validateNodeSelector } from "../core/pod/affinity-validation.ts";
import { validateDriverName } from "../storage/driver-name.ts";
import {
  MAX_REQUESTS,
  type RequestNames,
  requestNames,
  validateRequestReference,
  validateRequestReferences,
} from "./claim-validation.ts";
import { validateList, validateSet } from "./list-validation.ts";
import { validatePoolName, validateUid } from "./names.ts";
import { validateConfiguration, validateRaw } from "./selectors.ts";
import { validateBinding } from "./taints.ts";

const MAX_USERS = 256;
const MAX_CONDITIONS = 8;
const MAX_ADDRESSES = 16;

interface DeviceId {
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
  readonly shareID?: string;
}

/** As upstream prints it. */
export function deviceId({ driver, pool, device, shareID }: DeviceId): string {
  return `${driver}/${pool}/${device}${shareID ? `/${shareID}` : ""}`;
}

/** The same in errors: the names are those of the Go type. (structured.SharedDeviceID) */
const shownDeviceId = ({ driver = "", pool = "", device, shareID = "" }: DeviceId) => ({
  Driver: driver,
  Pool: pool,
  Device: device,
  ShareID: shareID,
});

/** (validateResourceClaimStatusUpdate) */
export function validateClaimStatus({ metadata, spec, status }: ResourceClaim, old: ResourceClaim): FieldError[] {
  const { reservedFor = [], devices, allocation } = status;
  const allocated = new Set((allocation?.devices.results ?? []).map(deviceId));
  const user = { check: validateUser, key: ({ uid }: ResourceClaimConsumerReference) => uid };
  const device = {
    check: (each: AllocatedDeviceStatus, field: string) => validateDevice(each, allocated, field),
    key: deviceId,
    show: shownDeviceId,
  };
  const errors = [
    ...validateSet(reservedFor, MAX_USERS, user, "status.reservedFor"),
    ...validateSet(devices, Number.POSITIVE_INFINITY, device, "status.devices"),
  ];
  if (reservedFor.length > 0 && !allocation) {
    errors.push(fieldForbidden("status.reservedFor", "may not be specified when `allocated` is not set"));
  } else if (metadata.deletionTimestamp) {
    const known = (old.status.reservedFor ?? []).map((reference) => JSON.stringify(reference));
    if (reservedFor.some((reference) => !known.includes(JSON.stringify(reference)))) {
      const detail = "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set";
      errors.push(fieldForbidden("status.reservedFor", detail));
    }
  }
  if (!allocation) return errors;
  if (old.status.allocation) {
    return [
      ...errors,
      ...immutable("?resource.AllocationResult", [allocation, old.status.allocation], "status.allocation"),
    ];
  }
  return [...errors, ...validateAllocation(allocation, requestNames(spec.devices))];
}

function validateUser({ resource, name, uid }: ResourceClaimConsumerReference, field: string): FieldError[] {
  return [...needed(resource, `${field}.resource`), ...needed(name, `${field}.name`), ...needed(uid, `${field}.uid`)];
}

function validateAllocation({ devices, nodeSelector }: AllocationResult, names: RequestNames): FieldError[] {
  const field = "status.allocation";
  return [
    ...validateList(
      devices.results,
      MAX_REQUESTS,
      (each, path) => validateResult(each, names, path),
      `${field}.devices.results`,
    ),
    // Of the class and of the claim.
    ...validateList(
      devices.config,
      2 * MAX_REQUESTS,
      (each, path) => [
        ...neededOneOf(each.source, ["FromClaim", "FromClass"], `${path}.source`),
        ...validateRequestReferences(each.requests, names, `${path}.requests`),
        ...validateConfiguration(each, path),
      ],
      `${field}.devices.config`,
    ),
    ...(nodeSelector ? validateNodeSelector(nodeSelector, false, `${field}.nodeSelector`) : []),
  ];
}

function validateResult(result: DeviceRequestAllocationResult, names: RequestNames, field: string): FieldError[] {
  const { request = "", driver, pool, device = "", shareID } = result;
  return [
    ...validateRequestReference(request, names, `${field}.request`),
    ...validateDriverName(driver, `${field}.driver`),
    ...validatePoolName(pool, `${field}.pool`),
    ...dnsLabel(device, `${field}.device`),
    ...validateBinding(result, field),
    ...(shareID === undefined ? [] : validateUid(shareID, `${field}.shareID`)),
  ];
}

function validateDevice(status: AllocatedDeviceStatus, allocated: ReadonlySet<string>, field: string): FieldError[] {
  const { driver, pool, device = "", shareID, conditions = [], data, networkData } = status;
  const errors = [
    ...validateDriverName(driver, `${field}.driver`),
    ...validatePoolName(pool, `${field}.pool`),
    ...dnsLabel(device, `${field}.device`),
    ...(shareID === undefined ? [] : validateUid(shareID, `${field}.shareID`)),
  ];
  const id = deviceId({ driver, pool, device, shareID });
  if (!allocated.has(id)) {
    errors.push(
      fieldInvalid(field, shownDeviceId({ driver, pool, device, shareID }), "must be an allocated device in the claim"),
    );
  }
  if (conditions.length > MAX_CONDITIONS) {
    errors.push(fieldTooMany(`${field}.conditions`, conditions.length, MAX_CONDITIONS));
  }
  errors.push(...validateConditions(conditions, `${field}.conditions`));
  if (data !== undefined) errors.push(...validateRaw(data, `${field}.data`));
  if (!networkData) return errors;
  const { interfaceName = "", hardwareAddress = "", ips } = networkData;
  const path = `${field}.networkData`;
  return [
    ...errors,
    ...(Buffer.byteLength(interfaceName) > 256 ? [fieldTooLong(`${path}.interfaceName`, 256)] : []),
    ...(Buffer.byteLength(hardwareAddress) > 128 ? [fieldTooLong(`${path}.hardwareAddress`, 128)] : []),
    ...validateSet(ips, MAX_ADDRESSES, { check: validateInterfaceAddress, key: (text) => text }, `${path}.ips`),
  ];
}
