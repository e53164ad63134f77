import type { Lease } from "../../../openapi/api/coordination.k8s.io.v1.ts";
import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";
import { defineKind } from "../kind.ts";
import { restore } from "../subresources.ts";

/** Lease, coordination.k8s.io/v1. Follows pkg/registry/coordination/lease and pkg/apis/coordination/validation. */
export const lease = defineKind<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  // Coordinated leader election is off by default.
  prepareForCreate({ spec }) {
    delete spec?.strategy;
    delete spec?.preferredHolder;
  },
  prepareForUpdate({ spec }, old) {
    if (!spec) return;
    for (const field of ["strategy", "preferredHolder"] as const) {
      if (old.spec?.[field] === undefined) restore(spec, {}, field);
    }
  },
  validate,
  validateUpdate: validate,
});

function validate({ spec }: Lease): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions } = spec ?? {};
  const errors: FieldError[] = [];
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    errors.push(fieldInvalid("spec.leaseDurationSeconds", leaseDurationSeconds, "must be greater than 0"));
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    errors.push(fieldInvalid("spec.leaseTransitions", leaseTransitions, "must be greater than or equal to 0"));
  }
  return errors;
}
