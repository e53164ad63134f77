import type { ManagedFieldsEntry } from "../object.ts";
import { difference, has, isEmpty, setOf } from "./field-set.ts";
import { decodeManagers, encodeManagers, type Managers, withSet } from "./managed.ts";

const SCALE_VERSION = "autoscaling/v1";
const SCALE_REPLICAS = ["f:spec", "f:replicas"];

/**
 * Where `replicas` is in each version of the scaled resource: member names by apiVersion. Versions that are missing
 * are dropped with their managers; undefined is for versions without a scale subresource.
 */
export type ReplicasPaths = Readonly<Record<string, readonly string[] | undefined>>;

const SPEC_REPLICAS = ["spec", "replicas"];

/** Of the built-in kinds, by group and plural. (pkg/registry/…/storage/storage.go) */
export const REPLICAS_PATHS: Readonly<Record<string, ReplicasPaths>> = {
  "/replicationcontrollers": { v1: SPEC_REPLICAS },
  "apps/deployments": { "apps/v1beta1": SPEC_REPLICAS, "apps/v1beta2": SPEC_REPLICAS, "apps/v1": SPEC_REPLICAS },
  "apps/replicasets": { "apps/v1beta2": SPEC_REPLICAS, "apps/v1": SPEC_REPLICAS },
  "apps/statefulsets": { "apps/v1beta1": SPEC_REPLICAS, "apps/v1beta2": SPEC_REPLICAS, "apps/v1": SPEC_REPLICAS },
};

function elementsOf(path: readonly string[] | undefined): string[] | undefined {
  return path?.map((name) => `f:${name}`);
}

/**
 * The managers that own `replicas` of a parent, as managers of its Scale.
 * Follows apimachinery/pkg/util/managedfields/scalehandler.go ToSubresource.
 * @throws Error when an entry cannot be read
 */
export function managersOfScale(
  parent: readonly ManagedFieldsEntry[] | undefined,
  replicas: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const managers: Managers = new Map();
  for (const [identity, entry] of decodeManagers(parent ?? [], true)) {
    const path = elementsOf(replicas[entry.apiVersion]);
    if (!path || !has(entry.set, path)) continue;
    const { source: _, ...rest } = entry;
    managers.set(identity, { ...rest, apiVersion: SCALE_VERSION, set: setOf([SCALE_REPLICAS]) });
  }
  return encodeManagers(managers);
}

/**
 * The parent's managers after its Scale was written: who lost `replicas` there loses it here.
 * Follows scalehandler.go ToParent.
 * @param apiVersion of the parent, for those that only wrote its Scale
 * @throws Error when an entry cannot be read
 */
export function managersOfParent(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  replicas: ReplicasPaths,
  apiVersion: string,
): ManagedFieldsEntry[] | undefined {
  const before = decodeManagers(parent ?? [], true);
  const scalers = decodeManagers(scale ?? [], false);
  const managers: Managers = new Map();
  for (const [identity, entry] of before) {
    if (!(entry.apiVersion in replicas)) continue;
    const path = elementsOf(replicas[entry.apiVersion]);
    if (!path || !has(entry.set, path)) {
      managers.set(identity, entry);
    } else if (scalers.delete(identity)) {
      managers.set(identity, entry);
    } else {
      const rest = difference(entry.set, setOf([path]));
      if (!isEmpty(rest)) managers.set(identity, withSet(entry, rest));
    }
  }
  const path = elementsOf(replicas[apiVersion]) ?? SCALE_REPLICAS;
  for (const [identity, entry] of scalers) {
    if (!has(entry.set, SCALE_REPLICAS)) continue;
    // Upstream looks the time up among the parent's managers, so a first write to the Scale has none.
    managers.set(identity, { ...entry, apiVersion, time: before.get(identity)?.time, set: setOf([path]) });
  }
  return encodeManagers(managers);
}
