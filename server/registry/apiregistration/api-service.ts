import type { APIService } from "../../../openapi/api/apiregistration.k8s.io.v1.ts";
import { dnsSubdomain, invalidEach, needed, oneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { validateDNS1035Label, validatePathSegmentName, validatePortNumber } from "../../meta/names.ts";
import type { ObjectMeta } from "../../meta/object.ts";
import { defineKind } from "../kind.ts";
import { restore, status } from "../subresources.ts";

const MAX_GROUP_PRIORITY = 20_000;
const MAX_VERSION_PRIORITY = 1000;
const DEFAULT_PORT = 443;
const CONDITION_STATUSES = ["True", "False", "Unknown"];

/** APIService, apiregistration.k8s.io/v1. Follows kube-aggregator's pkg/registry/apiservice and pkg/apis/apiregistration. */
export const apiService = defineKind<APIService>({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  allowUnconditionalUpdate: false,
  validateName: (name) => validatePathSegmentName(name),
  defaults({ spec }) {
    if (spec.service) spec.service.port ??= DEFAULT_PORT;
  },
  prepareForCreate(object) {
    object.status = {};
  },
  prepareForUpdate: (object, old) => restore(object, old, "status"),
  validate,
  updateChecks: ["changes", "whole", "own"],
  validateUpdate: validate,
  subresources: {
    status: {
      ...status<APIService>(),
      verbs: ["get", "patch", "update"],
      hasTable: false,
      validateUpdate: ({ status: { conditions = [] } }) =>
        conditions.flatMap((each, index) =>
          oneOf(each.status ?? "", CONDITION_STATUSES, `status.conditions[${index}].status`),
        ),
    },
  },
});

function validate({ metadata, spec }: APIService): FieldError[] {
  const { group = "", version = "", service, caBundle = "", insecureSkipTLSVerify = false } = spec;
  const errors = validateNames(metadata, `${version}.${group}`);
  if (group) errors.push(...dnsSubdomain(group, "spec.group"));
  else if (version !== "v1") {
    errors.push(fieldRequired("spec.group", "only v1 may have an empty group and it better be legacy kube"));
  }
  errors.push(...invalidEach(version, validateDNS1035Label(version), "spec.version"), ...validatePriorities(spec));
  if (service) errors.push(...validateService(service));
  else {
    if (caBundle) {
      const size = `${Buffer.from(caBundle, "base64").length} bytes`;
      errors.push(fieldInvalid("spec.caBundle", size, "local APIServices may not have a caBundle"));
    }
    if (insecureSkipTLSVerify) {
      const detail = "local APIServices may not have insecureSkipTLSVerify";
      errors.push(fieldInvalid("spec.insecureSkipTLSVerify", insecureSkipTLSVerify, detail));
    }
  }
  if (service && insecureSkipTLSVerify && caBundle) {
    const detail = "may not be true if caBundle is present";
    errors.push(fieldInvalid("spec.insecureSkipTLSVerify", insecureSkipTLSVerify, detail));
  }
  return errors;
}

/** Beginnings of names must be the whole name, too. What is no name at all has been told. */
function validateNames({ generateName = "", name = "" }: ObjectMeta, expected: string): FieldError[] {
  const detail = `must be \`spec.version+"."+spec.group\`: "${expected}"`;
  return Object.entries({ generateName, name })
    .filter(([, value]) => value && value !== expected && validatePathSegmentName(value).length === 0)
    .map(([member, value]) => fieldInvalid(`metadata.${member}`, value, detail));
}

function validatePriorities(spec: APIService["spec"]): FieldError[] {
  const limits = { groupPriorityMinimum: MAX_GROUP_PRIORITY, versionPriority: MAX_VERSION_PRIORITY };
  return (["groupPriorityMinimum", "versionPriority"] as const).flatMap((member) => {
    const value = spec[member];
    if (value > 0 && value <= limits[member]) return [];
    return [fieldInvalid(`spec.${member}`, value, `must be positive and less than ${limits[member]}`)];
  });
}

function validateService({ namespace, name, port = 0 }: NonNullable<APIService["spec"]["service"]>): FieldError[] {
  const wrong = validatePortNumber(port).map((text) => `port is not valid: ${text}`);
  return [
    ...needed(namespace, "spec.service.namespace"),
    ...needed(name, "spec.service.name"),
    ...invalidEach(port, wrong, "spec.service.port"),
  ];
}
