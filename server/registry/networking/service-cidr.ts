import type { ServiceCIDR } from "../../../openapi/api/networking.k8s.io.v1.ts";
import { orEmpty } from "../../../openapi/given-empty.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { isIPv4, parseCidr } from "../../meta/ip.ts";
import { validateCIDR } from "../../meta/ip-validation.ts";
import { defineKind } from "../kind.ts";
import { restore, status } from "../subresources.ts";

const FIELD = "spec.cidrs";
const IMMUTABLE = "field is immutable";

/** ServiceCIDR, networking.k8s.io/v1. Follows pkg/registry/networking/servicecidr and pkg/apis/networking/validation. */
export const serviceCIDR = defineKind<ServiceCIDR>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  prepareForCreate(object) {
    object.status = {};
  },
  prepareForUpdate: (object, old) => restore(object, old, "status"),
  validate: ({ spec }) => validateCidrs(spec.cidrs ?? [], spec),
  validateUpdate({ spec }, old) {
    const [cidrs, before] = [spec.cidrs ?? [], old.spec.cidrs ?? []];
    const isGrowing = before.length === 1 && cidrs.length === 2;
    if (before.length !== cidrs.length && !isGrowing) return [fieldInvalid(FIELD, orEmpty(spec, "cidrs"), IMMUTABLE)];
    const changed = before.flatMap((cidr, index) =>
      cidr === cidrs[index] ? [] : [fieldInvalid(`${FIELD}[${index}]`, cidrs[index], IMMUTABLE)],
    );
    // A second family may be added later.
    return isGrowing ? [...changed, ...validateCidrs(cidrs, spec)] : changed;
  },
  subresources: {
    status: {
      ...status<ServiceCIDR>({ keep: ["labels", "annotations", "ownerReferences", "finalizers"] }),
      verbs: ["get", "patch", "update"],
    },
  },
});

function validateCidrs(cidrs: readonly string[], spec: ServiceCIDR["spec"]): FieldError[] {
  if (cidrs.length === 0) return [fieldRequired(FIELD, "at least one CIDR required")];
  // Upstream shows its own Go type, whose member has this name.
  if (cidrs.length > 2) return [fieldInvalid(FIELD, { CIDRs: spec.cidrs }, "may only hold up to 2 values")];
  const errors = cidrs.flatMap((cidr, index) => validateCIDR(cidr, `${FIELD}[${index}]`));
  const families = cidrs.map((cidr) => parseCidr(cidr)).map((prefix) => prefix && isIPv4(prefix.network));
  if (cidrs.length === 2 && families[0] !== undefined && families[0] === families[1]) {
    const detail = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
    errors.push(fieldInvalid(FIELD, cidrs, detail));
  }
  return errors;
}
