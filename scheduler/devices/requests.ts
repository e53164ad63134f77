import type {
  Device,
  DeviceClass,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaim,
} from "../../openapi/api/resource.k8s.io.v1.ts";
import type { AllocateOptions, CompileSelector } from "./allocate.ts";
import { hasCapacity, type Wanted } from "./capacity.ts";
import type { Pool, PooledDevice } from "./pools.ts";

/** One way to fulfil a request. */
export interface Alternative {
  /** As results name it: with the alternative's own name after a slash. */
  readonly request: string;
  readonly deviceClass: DeviceClass;
  readonly isAdmin: boolean;
  readonly tolerations: readonly DeviceToleration[];
  /** Of each capacity. */
  readonly wanted: Wanted;
  readonly candidates: readonly PooledDevice[];
  readonly count: number;
  /** All candidates are wanted, in their order. */
  readonly wantsAll: boolean;
}

export const nameOf = ({ metadata }: ResourceClaim): string => `${metadata.namespace}/${metadata.name}`;

/** The ways to fulfil each request of a claim, best first. @throws Error when one cannot be judged */
export function alternativesOf(
  claim: ResourceClaim,
  pools: readonly Pool[],
  options: AllocateOptions,
): readonly (readonly Alternative[])[] {
  return (claim.spec.devices.requests ?? []).map(({ name, exactly, firstAvailable }) =>
    firstAvailable
      ? firstAvailable.map((one) => alternative(claim, `${name}/${one.name}`, one, pools, options))
      : [alternative(claim, name, exactly, pools, options)],
  );
}

function alternative(
  claim: ResourceClaim,
  request: string,
  one: ExactDeviceRequest | DeviceSubRequest | undefined,
  pools: readonly Pool[],
  { deviceClass, compileSelector, inUse }: AllocateOptions,
): Alternative {
  const where = `claim ${nameOf(claim)}, request ${request.split("/").at(-1)}`;
  const found = deviceClass(one?.deviceClassName ?? "");
  if (!one || !found)
    throw new Error(
      `${where}: could not retrieve device class ${one?.deviceClassName}: deviceclass.resource.k8s.io "${one?.deviceClassName}" not found`,
    );
  const wantsAll = one.allocationMode === "All";
  if (wantsAll) {
    for (const { driver, name, isIncomplete, isInvalid } of pools) {
      const all = `${where}: asks for all devices, but resource pool ${driver}/${name} is currently`;
      if (isIncomplete) throw new Error(`${all} being updated`);
      if (isInvalid) throw new Error(`${all} invalid`);
    }
  }
  const matchers = [
    ...matchersOf(found.spec.selectors, `class ${found.metadata.name}`, compileSelector),
    ...matchersOf(one.selectors, `claim ${nameOf(claim)}`, compileSelector),
  ];
  const wanted = one.capacity?.requests ?? {};
  const candidates = pools
    .filter(({ isIncomplete, isInvalid }) => !isIncomplete && !isInvalid)
    .flatMap(({ devices }) => devices)
    .filter(
      (device) =>
        matchers.every((matches) => matches(device)) &&
        hasCapacity(wanted, device.device.capacity ?? {}, (name) => inUse.capacity.amount(device.id, name)),
    );
  return {
    request,
    deviceClass: found,
    isAdmin: "adminAccess" in one && one.adminAccess === true,
    tolerations: one.tolerations ?? [],
    wanted,
    candidates,
    count: wantsAll ? candidates.length : (one.count ?? 1),
    wantsAll,
  };
}

function matchersOf(
  selectors: readonly DeviceSelector[] | undefined,
  owner: string,
  compileSelector: CompileSelector,
): ((device: PooledDevice) => boolean)[] {
  return (selectors ?? []).map(({ cel }, i) => {
    const attempt = <T>(when: string, work: () => T): T => {
      try {
        return work();
      } catch (error) {
        throw new Error(
          `${owner}: selector #${i}: CEL ${when} error: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    };
    const matches = attempt("compile", () => compileSelector(cel?.expression ?? ""));
    return ({ driver, device }) => attempt("runtime", () => matches(driver, device));
  });
}

/** Whether a taint keeps the device from being chosen. (resourceclaim.ToleratesTaint) */
export function isTainted({ taints }: Device, tolerations: readonly DeviceToleration[]): boolean {
  return (taints ?? []).some(
    ({ key, value = "", effect }) =>
      (effect === "NoSchedule" || effect === "NoExecute") &&
      !tolerations.some(
        (toleration) =>
          (!toleration.effect || toleration.effect === effect) &&
          (!toleration.key || toleration.key === key) &&
          (toleration.operator === "Exists" || (toleration.value ?? "") === value),
      ),
  );
}
