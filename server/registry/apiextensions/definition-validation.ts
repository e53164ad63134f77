import type { CustomResourceDefinition } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { neededOneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { validateDNS1035Label, validateDNS1123Subdomain } from "../../meta/names.ts";
import { validateImmutable } from "../../meta/object-meta.ts";
import { approvalState, isProtectedGroup } from "./api-approval.ts";
import { validateColumn } from "./column-validation.ts";
import { isConditionTrue } from "./conditions.ts";
import { validateConversion } from "./conversion-validation.ts";
import { type SpecForm, someNode, specForm } from "./definition-form.ts";
import { type Demands, demandsOf, ON_CREATE } from "./demands.ts";
import { validateNames } from "./names-validation.ts";
import { validateSchema } from "./schema-validation.ts";
import { validateTopSelectableFields } from "./selectable-field-validation.ts";
import { validateSubresources } from "./subresource-validation.ts";
import { schemaOfVersion, validateVersion } from "./version-validation.ts";

type Definition = CustomResourceDefinition;

/** (pkg/apis/apiextensions/validation ValidateCustomResourceDefinition); metadata's own rules are checked elsewhere. */
export function validateDefinition(definition: Definition): FieldError[] {
  const { metadata, spec } = definition;
  const { name, generateName } = metadata;
  const errors = Object.entries({ generateName, name }).flatMap(([member, value]) =>
    value && value !== `${spec.names.plural}.${spec.group}`
      ? [fieldInvalid(`metadata.${member}`, value, 'must be spec.names.plural+"."+spec.group')]
      : [],
  );
  return [...errors, ...validateAll(definition, undefined, ON_CREATE)];
}

/** (ValidateCustomResourceDefinitionUpdate) */
export function validateDefinitionUpdate(definition: Definition, old: Definition): FieldError[] {
  return validateAll(definition, old, demandsOf(old));
}

/** (ValidateUpdateCustomResourceDefinitionStatus) */
export function validateDefinitionStatus({ status }: Definition): FieldError[] {
  return validateNames(status?.acceptedNames, "status.acceptedNames");
}

function validateAll(definition: Definition, old: Definition | undefined, demands: Demands): FieldError[] {
  const { spec, status } = definition;
  const errors = validateSpec(specForm(spec), old, demands);
  if (old && isConditionTrue(old, "Established")) {
    errors.push(...validateImmutable(spec.scope, old.spec.scope, "spec.scope"));
    errors.push(...validateImmutable(spec.names.kind, old.spec.names.kind, "spec.names.kind"));
  }
  if (old) {
    errors.push(...validateImmutable(spec.group, old.spec.group, "spec.group"));
    errors.push(...validateImmutable(spec.names.plural, old.spec.names.plural, "spec.names.plural"));
  }
  errors.push(
    ...validateDefinitionStatus(definition),
    ...validateStoredVersions(status?.storedVersions, definition),
    ...validateApproval(definition, old),
  );
  if (spec.preserveUnknownFields && !old?.spec.preserveUnknownFields) {
    const text =
      "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
    errors.push(fieldInvalid("spec.preserveUnknownFields", true, text));
  }
  return errors;
}

function validateSpec(form: SpecForm, old: Definition | undefined, demands: Demands): FieldError[] {
  const { spec, versions } = form;
  const { group = "", names, conversion } = spec;
  const errors: FieldError[] = [];
  if (!group) errors.push(fieldRequired("spec.group", ""));
  else {
    const wrong = validateDNS1123Subdomain(group);
    if (wrong.length > 0) errors.push(fieldInvalid("spec.group", group, wrong.join(",")));
    else if (!group.includes(".")) {
      errors.push(fieldInvalid("spec.group", group, "should be a domain with at least one dot"));
    }
  }
  errors.push(...neededOneOf(spec.scope || undefined, ["Cluster", "Namespaced"], "spec.scope"));
  errors.push(...validateSchemasPresent(form, demands));
  const schemaDemands = { ...demands.schema, structural: demands.schema.structural || needsStructural(spec) };
  if (spec.preserveUnknownFields && someNode(spec, (schema) => schema.default !== undefined)) {
    const text = "must be false in order to use defaults in the schema";
    errors.push(fieldInvalid("spec.preserveUnknownFields", true, text));
  }
  const checks = { ...demands, schema: schemaDemands };
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`;
    const wrong = validateDNS1035Label(version.name ?? "");
    if (wrong.length > 0) errors.push(fieldInvalid(`${at}.name`, version.name ?? "", wrong.join(",")));
    errors.push(...validateVersion(version, at, { form, old, demands: checks }));
  }
  const shown = internalForm("[]apiextensions.CustomResourceDefinitionVersion", spec.versions && versions);
  const unique = new Set(versions.map(({ name }) => name)).size === versions.length;
  if (!unique) errors.push(fieldInvalid("spec.versions", shown, "must contain unique version names"));
  if (versions.filter(({ storage }) => storage).length !== 1) {
    const text = "must have exactly one version marked as storage version";
    errors.push(fieldInvalid("spec.versions", shown, text));
  }
  if (form.version) {
    const wrong = validateDNS1035Label(form.version);
    if (wrong.length > 0) errors.push(fieldInvalid("spec.version", form.version, wrong.join(",")));
  }
  for (const name of ["plural", "singular", "kind", "listKind"] as const) {
    if (!names?.[name]) errors.push(fieldRequired(`spec.names.${name}`, ""));
  }
  errors.push(...validateNames(names, "spec.names"));
  errors.push(
    ...validateSchema(form.validation?.openAPIV3Schema, "spec.validation.openAPIV3Schema", {
      demands: schemaDemands,
      hasStatus: (spec.versions ?? []).some(({ subresources }) => subresources?.status !== undefined),
      old: schemaOfVersion(old, form.version),
    }),
    ...validateSubresources(form.subresources, "spec.subresources"),
    ...form.columns.flatMap((column, i) => validateColumn(column, `spec.additionalPrinterColumns[${i}]`)),
    ...validateTopSelectableFields(form),
  );
  if (conversion && conversion.strategy !== "None" && spec.preserveUnknownFields) {
    const text = "must be None if spec.preserveUnknownFields is true";
    errors.push(fieldInvalid("spec.conversion.strategy", conversion.strategy, text));
  }
  return [...errors, ...validateConversion(conversion, "spec.conversion", demands)];
}

/** Pruning, defaults and extensions are only defined for structural schemas. */
function needsStructural(spec: Definition["spec"]): boolean {
  if (!spec.preserveUnknownFields) return true;
  return someNode(
    spec,
    (schema) =>
      schema.default !== undefined || Object.keys(schema).some((keyword) => keyword.startsWith("x-kubernetes-")),
  );
}

function validateSchemasPresent({ spec, versions, validation }: SpecForm, { openAPISchema }: Demands): FieldError[] {
  if (validation?.openAPIV3Schema) return [];
  return versions.flatMap(({ schema, served }, index) => {
    const at = `spec.versions[${index}].schema.openAPIV3Schema`;
    if (schema?.openAPIV3Schema) return [];
    if (openAPISchema) return [fieldRequired(at, "")];
    const pruned = served && !spec.preserveUnknownFields;
    return pruned ? [fieldRequired(at, "because otherwise all fields are pruned")] : [];
  });
}

function validateStoredVersions(stored: readonly string[] | undefined, { spec }: Definition): FieldError[] {
  const path = "status.storedVersions";
  if (!stored?.length) return [fieldInvalid(path, stored, "must have at least one stored version")];
  // Each counts once, the last of its name: a second version of a name finds it taken.
  const left = new Map(stored.map((name, index) => [name, index]));
  const errors: FieldError[] = [];
  for (const { name, storage } of spec.versions ?? []) {
    const known = left.delete(name);
    if (storage && !known) errors.push(fieldInvalid(path, stored, `must have the storage version ${name}`));
  }
  for (const [name, index] of left) {
    const text = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    errors.push(fieldInvalid(`${path}[${index}]`, name, text));
  }
  return errors;
}

function validateApproval({ metadata, spec }: Definition, old: Definition | undefined): FieldError[] {
  if (!isProtectedGroup(spec.group ?? "")) return [];
  const { state, reason } = approvalState(metadata.annotations);
  if (old && approvalState(old.metadata.annotations).state === state) return [];
  const path = "metadata.annotations[api-approved.kubernetes.io]";
  if (state === "missing") return [fieldRequired(path, reason)];
  const value = metadata.annotations?.["api-approved.kubernetes.io"];
  return state === "invalid" ? [fieldInvalid(path, value, reason)] : [];
}
