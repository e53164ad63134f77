import type { Node, Taint } from "../../../openapi/api/core.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import {
  FieldError,
  fieldDuplicate,
  fieldForbidden,
  fieldInternalError,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  formatValue,
} from "../../meta/field-error.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { isIPv4, parseCidr } from "../../meta/ip.ts";
import { validateCIDRForLegacyField, warningsForCIDR } from "../../meta/ip-validation.ts";
import { validateLabelName } from "../../meta/label-validation.ts";
import { validateLabelValue } from "../../meta/names.ts";
import { repeated } from "../../meta/repeated.ts";
import { defineKind } from "../kind.ts";
import { restore, status } from "../subresources.ts";
import { validateAvoidPods } from "./node-annotations.ts";
import { validateDeclaredFeatures, validateSwap } from "./node-status-validation.ts";
import { roundResources } from "./pod/resource-lists.ts";
import { validateResourceQuantity } from "./pod/resource-validation.ts";

const TAINT_EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
/** Node, v1. Follows pkg/registry/core/node and pkg/apis/core/{v1,validation}. */
export const node = defineKind<Node>({
  group: "",
  version: "v1",
  kind: "Node",
  defaults({ spec, status }) {
    if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
    roundResources(status?.capacity);
    roundResources(status?.allocatable);
    if (spec) syncPodCidrs(spec);
  },
  // A kubelet registers itself with its status.
  prepareForCreate({ spec, status }) {
    if (spec) restore(spec, {}, "configSource");
    if (status) restore(status, {}, "config");
  },
  prepareForUpdate(object, old) {
    restore(object, old, "status");
    if (object.spec && !old.spec?.configSource) restore(object.spec, {}, "configSource");
  },
  validate,
  updateChecks: ["whole", "validate", "changes", "own"],
  validateUpdate,
  warnings,
  selectableFields: ({ spec }) => ({ "spec.unschedulable": String(spec?.unschedulable ?? false) }),
  subresources: {
    status: {
      verbs: ["get", "patch", "update"],
      prepareForUpdate(object, old, context) {
        status<Node>().prepareForUpdate?.(object, old, context);
        if (object.status && !old.status?.config) restore(object.status, {}, "config");
      },
      validateUpdate,
    },
  },
});

/** The first of the list under its old name. (Convert_v1_NodeSpec_To_core_NodeSpec) */
function syncPodCidrs(spec: NonNullable<Node["spec"]>): void {
  if (spec.podCIDR && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR];
  else if (spec.podCIDRs?.length) spec.podCIDR = spec.podCIDRs[0];
}

function validate(object: Node): FieldError[] {
  const { spec } = object;
  return [
    ...validateAvoidPods(object),
    ...validateTaints(spec?.taints ?? []),
    ...validateResources(object),
    ...validateSwap(object),
    ...validateDeclaredFeatures(object),
    ...validatePodCidrs(spec?.podCIDRs ?? []),
  ];
}

function validateUpdate(object: Node, old: Node): FieldError[] {
  const { spec = {}, status } = object;
  const errors = [...validateAvoidPods(object), ...validateResources(object), ...validateDeclaredFeatures(object)];
  const seen: unknown[] = [];
  for (const [index, address] of (status?.addresses ?? []).entries()) {
    if (seen.some((other) => semanticEqual(other, address))) {
      errors.push(fieldDuplicate(`status.addresses[${index}]`, internalForm("NodeAddress", address)));
    }
    seen.push(address);
  }
  const oldCidrs = old.spec?.podCIDRs ?? [];
  if (oldCidrs.length > 0) {
    const cidrs = spec.podCIDRs ?? [];
    const changed = cidrs.length === oldCidrs.length ? oldCidrs.filter((cidr, i) => cidr !== cidrs[i]) : ["length"];
    const detail = 'node updates may not change podCIDR except from "" to valid';
    errors.push(...changed.map(() => fieldForbidden("spec.podCIDRs", detail)));
  }
  if (old.spec?.providerID && old.spec.providerID !== spec.providerID) {
    errors.push(fieldForbidden("spec.providerID", 'node updates may not change providerID except from "" to valid'));
  }
  errors.push(...validateTaints(spec.taints ?? []));
  if ((spec.externalID ?? "") !== (old.spec?.externalID ?? "")) {
    errors.push(fieldForbidden("spec.externalID", "may not be updated"));
  }
  return errors;
}

// The path is upstream's, though taints are in spec.
function validateTaints(taints: readonly Taint[]): FieldError[] {
  const repeats = repeated(taints, ({ key, effect }) => `${effect}/${key}`);
  return taints.flatMap((taint, index) => {
    const { key, value = "", effect } = taint;
    const field = `metadata.taints[${index}]`;
    const errors = validateLabelName(key, `${field}.key`);
    const wrong = validateLabelValue(value);
    if (wrong.length > 0) errors.push(fieldInvalid(`${field}.value`, value, wrong.join(";")));
    if (!effect) errors.push(fieldRequired(`${field}.effect`, ""));
    else if (!TAINT_EFFECTS.includes(effect)) errors.push(fieldNotSupported(`${field}.effect`, effect, TAINT_EFFECTS));
    if (repeats.has(index)) {
      const detail = "taints must be unique by key and effect pair";
      errors.push(
        new FieldError(
          "FieldValueDuplicate",
          field,
          `Duplicate value: ${formatValue(internalForm("Taint", taint))}: ${detail}`,
          detail,
        ),
      );
    }
    return errors;
  });
}

function validateResources({ status }: Node): FieldError[] {
  return (["capacity", "allocatable"] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, amount]) =>
      validateResourceQuantity(name, amount, `status.${list}.${name}`),
    ),
  );
}

function validatePodCidrs(cidrs: readonly string[]): FieldError[] {
  const errors = cidrs.flatMap((cidr, index) => validateCIDRForLegacyField(cidr, `spec.podCIDRs[${index}]`));
  if (cidrs.length < 2) return errors;
  const prefixes = cidrs.map(parseCidr);
  const wrong = prefixes.indexOf(undefined);
  if (wrong >= 0) {
    const text = `invalid CIDR[${wrong}]: <nil> (invalid CIDR address: ${cidrs[wrong]})`;
    const message = `invalid PodCIDRs. failed to check with dual stack with error:${text}`;
    errors.push(fieldInternalError("spec.podCIDRs", message));
  }
  const families = new Set(prefixes.map((prefix) => prefix && isIPv4(prefix.address)));
  if (families.size !== 2 || cidrs.length > 2) {
    errors.push(fieldInvalid("spec.podCIDRs", cidrs, "may specify no more than one CIDR for each IP family"));
  }
  return errors;
}

function warnings({ spec = {} }: Node): string[] {
  return [
    ...(spec.configSource ? ["spec.configSource: the feature is removed"] : []),
    ...(spec.externalID ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"] : []),
    ...(spec.podCIDRs ?? []).flatMap((cidr, index) => warningsForCIDR(cidr, `spec.podCIDRs[${index}]`)),
  ];
}
