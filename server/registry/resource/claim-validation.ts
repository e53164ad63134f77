import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  DeviceToleration,
  ResourceClaimSpec,
} from "../../../openapi/api/resource.k8s.io.v1.ts";
import { dnsLabel, dnsSubdomain, neededBy, neededOneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import type { CheckExpression } from "../admissionregistration/expressions.ts";
import type { RequestContext } from "../kind.ts";
import { validateList, validateSet } from "./list-validation.ts";
import { validateFullAttributeName } from "./names.ts";
import { validateConfiguration, validateSelectors } from "./selectors.ts";
import { validateToleration } from "./taints.ts";

export const MAX_REQUESTS = 32;
const MAX_ALTERNATIVES = 8;
const NOT_A_REQUEST =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
const ONE_OF = "exactly one of `exactly` or `firstAvailable` is required";
const ADMIN_LABEL = "resource.kubernetes.io/admin-access";

/** A toleration is of one value when it does not say otherwise. */
export function defaultTolerations(tolerations: readonly DeviceToleration[] = []): void {
  for (const toleration of tolerations) toleration.operator ||= "Equal";
}

/** (pkg/apis/resource/v1/{defaults,zz_generated.defaults}.go) */
export function defaultClaim(spec: ResourceClaimSpec): void {
  for (const { exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
    for (const request of [...(exactly ? [exactly] : []), ...firstAvailable]) {
      request.allocationMode ||= "ExactCount";
      if (request.allocationMode === "ExactCount") request.count ||= 1;
      defaultTolerations(request.tolerations);
    }
  }
}

/** Requests by name with those of their alternatives. */
export type RequestNames = ReadonlyMap<string, readonly string[]>;

export function requestNames({ requests }: Readonly<DeviceClaim>): RequestNames {
  return new Map(
    (requests ?? []).map(({ name, firstAvailable = [] }) => [name, firstAvailable.map((sub) => sub.name)]),
  );
}

/** (validateRequestNameRef) */
export function validateRequestReference(text: string, names: RequestNames, field: string): FieldError[] {
  const [name = "", sub, ...more] = text.split("/");
  if (more.length > 0) return [fieldInvalid(field, text, NOT_A_REQUEST)];
  const errors = [...dnsLabel(name, field), ...(sub === undefined ? [] : dnsLabel(sub, field))];
  const isKnown = names.has(name) && (sub === undefined || names.get(name)?.includes(sub));
  return isKnown ? errors : [...errors, fieldInvalid(field, text, NOT_A_REQUEST)];
}

/** Distinct references to requests. */
export function validateRequestReferences(
  references: readonly string[] | undefined,
  names: RequestNames,
  field: string,
): FieldError[] {
  const check = (text: string, path: string) => validateRequestReference(text, names, path);
  return validateSet(references, MAX_REQUESTS, { check, key: (text) => text }, field);
}

/** (validateResourceClaimSpec) */
export function validateClaim(
  { devices }: ResourceClaimSpec,
  check: CheckExpression | undefined,
  parent: string,
): FieldError[] {
  const field = `${parent}.devices`;
  const names = requestNames(devices);
  const request = {
    check: (each: DeviceRequest, path: string) => validateRequest(each, check, path),
    key: ({ name = "" }: DeviceRequest) => name,
  };
  return [
    ...validateSet(devices.requests, MAX_REQUESTS, request, `${field}.requests`),
    ...validateList(
      devices.constraints,
      MAX_REQUESTS,
      (each, path) => validateConstraint(each, names, path),
      `${field}.constraints`,
    ),
    ...validateList(
      devices.config,
      MAX_REQUESTS,
      (each, path) => [
        ...validateRequestReferences(each.requests, names, `${path}.requests`),
        ...validateConfiguration(each, path),
      ],
      `${field}.config`,
    ),
  ];
}

function validateRequest(request: DeviceRequest, check: CheckExpression | undefined, field: string): FieldError[] {
  const { name = "", exactly, firstAvailable = [] } = request;
  const errors = dnsLabel(name, `${field}.name`);
  if (!exactly && firstAvailable.length === 0) return [...errors, fieldRequired(field, ONE_OF)];
  if (exactly && firstAvailable.length > 0) {
    return [...errors, fieldInvalid(field, null, `${ONE_OF}, but multiple fields are set`)];
  }
  if (exactly) return [...errors, ...validateWish(exactly, check, `${field}.exactly`)];
  const alternative = {
    check: (each: DeviceSubRequest, path: string) => [
      ...dnsLabel(each.name ?? "", `${path}.name`),
      ...validateWish(each, check, path),
    ],
    key: (each: DeviceSubRequest) => each.name ?? "",
  };
  return [...errors, ...validateSet(firstAvailable, MAX_ALTERNATIVES, alternative, `${field}.firstAvailable`)];
}

type Wish = Omit<DeviceSubRequest, "name">;

function validateWish(wish: Wish, check: CheckExpression | undefined, field: string): FieldError[] {
  const { deviceClassName, selectors, allocationMode, count = 0, tolerations = [] } = wish;
  const errors = [
    ...neededBy(deviceClassName, dnsSubdomain, `${field}.deviceClassName`),
    ...validateSelectors(selectors, check, field),
  ];
  if (allocationMode === "All") {
    const detail = "must not be specified when allocationMode is 'All'";
    if (count !== 0) errors.push(fieldInvalid(`${field}.count`, count, detail));
  } else if (allocationMode === "ExactCount") {
    if (count <= 0) errors.push(fieldInvalid(`${field}.count`, count, "must be greater than zero"));
  } else errors.push(...neededOneOf(allocationMode, ["All", "ExactCount"], `${field}.allocationMode`));
  return [
    ...errors,
    ...tolerations.flatMap((each, index) => validateToleration(each, `${field}.tolerations[${index}]`)),
  ];
}

function validateConstraint(constraint: DeviceConstraint, names: RequestNames, field: string): FieldError[] {
  const { requests, matchAttribute, distinctAttribute } = constraint;
  const errors = validateRequestReferences(requests, names, `${field}.requests`);
  if (matchAttribute !== undefined) {
    return [...errors, ...validateFullAttributeName(matchAttribute, `${field}.matchAttribute`)];
  }
  if (distinctAttribute !== undefined) {
    return [...errors, ...validateFullAttributeName(distinctAttribute, `${field}.distinctAttribute`)];
  }
  const detail = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
  return [...errors, fieldRequired(field, detail)];
}

/** Devices that are in use already are only for namespaces that say so. (AuthorizedForAdmin of pkg/registry/resource) */
export function validateAdminAccess(
  fields: readonly (readonly [field: string, wanted: boolean | undefined])[],
  namespace: string,
  { reader }: RequestContext,
): FieldError[] {
  const [field] = fields.find(([, wanted]) => wanted) ?? [];
  if (!field) return [];
  const labels = reader.get({ group: "", resource: "namespaces" }, "", namespace)?.metadata.labels;
  if (labels?.[ADMIN_LABEL] === "true") return [];
  const detail = `admin access to devices requires the \`${ADMIN_LABEL}: true\` label on the containing namespace`;
  return [fieldForbidden(field, detail)];
}

/** Where a claim asks for admin access; the path of templates is the same upstream. */
export function adminRequests({ devices }: ResourceClaimSpec): (readonly [string, boolean | undefined])[] {
  return (devices.requests ?? []).map(
    ({ exactly }, index) => [`spec.devices.requests[${index}].adminAccess`, exactly?.adminAccess] as const,
  );
}
