import type { ControllerRevision } from "../../../openapi/api/apps.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { isMembers } from "../../meta/members.ts";
import { validateNonNegative } from "../../meta/object-meta.ts";
import { defineKind } from "../kind.ts";

/** ControllerRevision, apps/v1: a template as it once was. Follows pkg/registry/apps/controllerrevision. */
export const controllerRevision = defineKind<ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  validate({ revision, data }) {
    const errors = validateNonNegative(revision, "revision");
    const value: unknown = data;
    if (value === undefined || value === null) errors.push(fieldRequired("data", "data is mandatory"));
    else if (!isMembers(value)) errors.push(fieldRequired("data", "data must be a valid JSON object"));
    return errors;
  },
  updateChecks: ["changes", "whole", "own"],
  validateUpdate: ({ revision, data }, old) => [
    ...validateNonNegative(revision, "revision"),
    ...(semanticEqual(data, old.data) ? [] : [fieldInvalid("data", data, "field is immutable")]),
  ],
});
