import type { CounterSet, Device, ResourceSlice, ResourceSliceSpec } from "../../../openapi/api/resource.k8s.io.v1.ts";
import { dnsLabel, dnsSubdomain, neededBy } from "../../meta/field-checks.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { validateImmutable } from "../../meta/object-meta.ts";
import { rfc3339 } from "../../meta/time.ts";
import { validateNodeSelector } from "../core/pod/affinity-validation.ts";
import { defineKind } from "../kind.ts";
import { validateDriverName } from "../storage/driver-name.ts";
import { bumpGeneration } from "../subresources.ts";
import { validateCounters, validateDevice } from "./device-validation.ts";
import { validateSet } from "./list-validation.ts";
import { validatePoolName } from "./names.ts";

const MAX_DEVICES = 128;
/** When devices have taints or counters. */
const MAX_ADVANCED_DEVICES = 64;
const MAX_COUNTER_SETS = 8;
const PLACES = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";

/** ResourceSlice, resource.k8s.io/v1. Follows pkg/registry/resource/resourceslice and pkg/apis/resource/validation. */
export const resourceSlice = defineKind<ResourceSlice>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceSlice",
  returnsDeletedObject: true,
  prepareForCreate(object, { now }) {
    object.metadata.generation = 1;
    stampTaints(object, now);
    dropDisabled(object, undefined);
  },
  prepareForUpdate(object, old, { now }) {
    stampTaints(object, now);
    // Fields that are off count as a change all the same.
    bumpGeneration(object, old);
    dropDisabled(object, old);
  },
  validate: ({ spec }) => validateSpec(spec, undefined),
  validateUpdate: (object, old) => validateSpec(object.spec, old.spec),
  warnings: ({ spec: { driver } }) =>
    driver === driver.toLowerCase()
      ? []
      : [`spec.driver: driver names should be lowercase; "${driver}" contains uppercase characters`],
  selectableFields: ({ spec }) => ({ "spec.nodeName": spec.nodeName ?? "", "spec.driver": spec.driver ?? "" }),
});

/** Taints say since when they are there. */
function stampTaints({ spec }: ResourceSlice, now: Date): void {
  for (const { taints = [] } of spec.devices ?? []) {
    for (const taint of taints) taint.timeAdded ??= rfc3339(now);
  }
}

/** Lists as attributes and mappings to a node's resources are off by default. */
function dropDisabled({ spec }: ResourceSlice, old: ResourceSlice | undefined): void {
  for (const device of spec.devices ?? []) {
    const before = old?.spec.devices?.find(({ name }) => name === device.name);
    if (!before?.nodeAllocatableResourceMappings) delete device.nodeAllocatableResourceMappings;
    for (const attribute of Object.values(device.attributes ?? {})) {
      for (const list of ["ints", "bools", "strings", "versions"] as const) delete attribute[list];
    }
  }
}

function validateSpec(spec: Readonly<ResourceSliceSpec>, old: Readonly<ResourceSliceSpec> | undefined): FieldError[] {
  const { driver, pool, devices, sharedCounters, perDeviceNodeSelection: choosesNodes = false } = spec;
  const errors = [...validateDriverName(driver, "spec.driver"), ...validatePool(pool)];
  if (old) {
    errors.push(
      ...validateImmutable(pool.name, old.pool.name, "spec.pool.name"),
      ...validateImmutable(driver, old.driver, "spec.driver"),
      ...validateImmutable(spec.nodeName, old.nodeName, "spec.nodeName"),
    );
  }
  errors.push(...validatePlace(spec));
  if (sharedCounters && devices) {
    errors.push(fieldInvalid("spec", "", "only one of `sharedCounters` or `devices` is allowed"));
  }
  const isAdvanced = (devices ?? []).some(({ taints, consumesCounters }) => taints?.length || consumesCounters?.length);
  const device = {
    check: (each: Device, field: string) => {
      const before = old?.devices?.find(({ name }) => name === each.name);
      return validateDevice(each, before, { choosesNodes, field });
    },
    key: ({ name }: Device) => name,
  };
  const counterSet = {
    check: ({ name, counters }: CounterSet, field: string) => [
      ...neededBy(name, dnsLabel, `${field}.name`),
      ...validateCounters(counters, `${field}.counters`),
    ],
    key: ({ name }: CounterSet) => name,
  };
  return [
    ...errors,
    ...validateSet(devices, isAdvanced ? MAX_ADVANCED_DEVICES : MAX_DEVICES, device, "spec.devices"),
    ...validateSet(sharedCounters, MAX_COUNTER_SETS, counterSet, "spec.sharedCounters"),
  ];
}

function validatePool({ name, generation, resourceSliceCount: count }: ResourceSliceSpec["pool"]): FieldError[] {
  const errors = validatePoolName(name, "spec.pool.name");
  if (count <= 0) errors.push(fieldInvalid("spec.pool.resourceSliceCount", count, "must be greater than zero"));
  if (generation < 0) {
    errors.push(fieldInvalid("spec.pool.generation", generation, "must be greater than or equal to zero"));
  }
  return errors;
}

function validatePlace(spec: Readonly<ResourceSliceSpec>): FieldError[] {
  const { nodeName, nodeSelector } = spec;
  const errors: FieldError[] = [];
  const given: string[] = [];
  if (nodeName) {
    given.push("`nodeName`");
    errors.push(...dnsSubdomain(nodeName, "spec.nodeName"));
  } else if (nodeName !== undefined) {
    errors.push(fieldInvalid("spec.nodeName", nodeName, "must be either unset or set to a non-empty string"));
  }
  if (nodeSelector) {
    given.push("`nodeSelector`");
    const terms = nodeSelector.nodeSelectorTerms;
    errors.push(...validateNodeSelector(nodeSelector, false, "spec.nodeSelector"));
    if (terms?.length !== 1) {
      const field = "spec.nodeSelector.nodeSelectorTerms";
      errors.push(
        fieldInvalid(field, internalForm("[]NodeSelectorTerm", terms), "must have exactly one node selector term"),
      );
    }
  }
  for (const member of ["allNodes", "perDeviceNodeSelection"] as const) {
    if (spec[member]) given.push(`\`${member}\``);
    else if (spec[member] === false) {
      errors.push(fieldInvalid(`spec.${member}`, false, "must be either unset or set to true"));
    }
  }
  if (given.length === 0) errors.push(fieldRequired("spec", PLACES));
  if (given.length > 1) {
    errors.push(fieldInvalid("spec", `{${given.join(", ")}}`, `${PLACES}, but multiple fields are set`));
  }
  return errors;
}
