import { X509Certificate } from "node:crypto";
import type {
  CustomResourceColumnDefinition,
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceSubresources,
  SelectableField,
} from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { neededOneOf } from "../../meta/field-checks.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  fieldTooMany,
} from "../../meta/field-error.ts";
import { isPrintable } from "../../meta/go-quote.ts";
import { validateDNS1035Label, validateDNS1123Subdomain } from "../../meta/names.ts";
import { validateImmutable } from "../../meta/object-meta.ts";
import { validateService, validateUrl } from "../admissionregistration/webhook-validation.ts";
import { approvalState, isProtectedGroup } from "./api-approval.ts";
import { isConditionTrue } from "./conditions.ts";
import { type SpecForm, schemasOf, someNode, specForm, type VersionForm } from "./definition-form.ts";
import { hasUnprunedDefaults } from "./schema/default-validation.ts";
import { followFieldPath } from "./schema/field-path.ts";
import type { JsonSchema } from "./schema/json-schema.ts";
import {
  ALL_DEMANDS,
  hasInvalidType,
  isNonStructural,
  type SchemaDemands,
  validateListKeys,
  validateSchema,
  validateSetItems,
} from "./schema-validation.ts";

type Definition = CustomResourceDefinition;

const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
const REVIEW_VERSIONS = ["v1", "v1beta1"];
const MAX_SELECTABLE_FIELDS = 8;
const MAX_WARNING_BYTES = 256;

/** What an update may leave as it was. */
interface Demands {
  readonly schema: SchemaDemands;
  readonly openAPISchema: boolean;
  readonly reviewVersion: boolean;
  readonly caBundle: boolean;
}

const ON_CREATE: Demands = { schema: ALL_DEMANDS, openAPISchema: true, reviewVersion: true, caBundle: false };

/** (pkg/apis/apiextensions/validation ValidateCustomResourceDefinition); metadata's own rules are checked elsewhere. */
export function validateDefinition(definition: Definition): FieldError[] {
  const { metadata, spec } = definition;
  const { name = "" } = metadata;
  const errors: FieldError[] = [];
  if (name && name !== `${spec.names.plural}.${spec.group}`) {
    errors.push(fieldInvalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group'));
  }
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

function demandsOf(old: Definition): Demands {
  const { spec } = old;
  const reviewVersions = spec.conversion?.webhook?.conversionReviewVersions ?? [];
  return {
    schema: {
      validTypes: !someNode(spec, hasInvalidType),
      structural: !schemasOf(spec).some(isNonStructural),
      prunedDefaults: !schemasOf(spec).some((schema) => !isNonStructural(schema) && hasUnprunedDefaults(schema)),
      atomicSets: !someNode(spec, (schema) => validateSetItems(schema, "").length > 0),
      soundListKeys: !someNode(spec, (schema) => validateListKeys(schema, "").length > 0),
    },
    openAPISchema: (spec.versions ?? []).every(({ schema }) => schema?.openAPIV3Schema !== undefined),
    reviewVersion: reviewVersions.length === 0 || reviewVersions.some((version) => REVIEW_VERSIONS.includes(version)),
    caBundle: isConditionTrue(old, "Established") && !hasInvalidBundle(spec.conversion),
  };
}

function hasInvalidBundle(conversion: CustomResourceConversion | undefined): boolean {
  const bundle = conversion?.webhook?.clientConfig?.caBundle;
  return Boolean(bundle) && validateBundle(bundle ?? "", "").length > 0;
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
  const unique = new Set(versions.map(({ name }) => name)).size === versions.length;
  if (!unique) errors.push(fieldInvalid("spec.versions", spec.versions, "must contain unique version names"));
  if (versions.filter(({ storage }) => storage).length !== 1) {
    const text = "must have exactly one version marked as storage version";
    errors.push(fieldInvalid("spec.versions", spec.versions ?? [], text));
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

function schemaOfVersion(definition: Definition | undefined, name: string): JsonSchema | undefined {
  return definition?.spec.versions?.find((version) => version.name === name)?.schema?.openAPIV3Schema;
}

function validateVersion(
  version: VersionForm,
  at: string,
  { form, old, demands }: { form: SpecForm; old: Definition | undefined; demands: Demands },
): FieldError[] {
  const { deprecated = false, deprecationWarning, selectableFields = [] } = version;
  const schema = version.schema?.openAPIV3Schema;
  const subresources = version.subresources ?? form.subresources;
  const errors = warningProblems(deprecated, deprecationWarning).map((text) =>
    fieldInvalid(`${at}.deprecationWarning`, deprecationWarning, text),
  );
  errors.push(
    ...validateSchema(schema, `${at}.schema.openAPIV3Schema`, {
      demands: demands.schema,
      hasStatus: subresources?.status !== undefined,
      old: schemaOfVersion(old, version.name),
    }),
    ...validateSubresources(version.subresources, `${at}.subresources`),
    ...(version.additionalPrinterColumns ?? []).flatMap((column, i) =>
      validateColumn(column, `${at}.additionalPrinterColumns[${i}]`),
    ),
  );
  if (selectableFields.length === 0) return errors;
  // The fields may differ by version where the schema does not.
  const own = schema ?? form.validation?.openAPIV3Schema;
  if (version.schema === undefined) {
    const text = "may only be set when `version.schema.openAPIV3Schema` is not included";
    return [...errors, fieldInvalid(`${at}.selectableFields`, "", text)];
  }
  return own ? [...errors, ...validateSelectableFields(selectableFields, own, `${at}.selectableFields`)] : errors;
}

function warningProblems(deprecated: boolean, warning: string | undefined): string[] {
  if (warning === undefined) return [];
  if (!deprecated) return ["can only be set for deprecated versions"];
  const problems: string[] = [];
  if (Buffer.byteLength(warning) > MAX_WARNING_BYTES) problems.push("must be <= 256 characters long");
  if (warning === "") problems.push("must not be an empty string");
  let index = 0;
  for (const character of warning) {
    if (!isPrintable(character)) {
      const text = "must only contain printable UTF-8 characters; non-printable character found at index";
      return [...problems, `${text} ${index}`];
    }
    index += Buffer.byteLength(character);
  }
  return problems;
}

function validateTopSelectableFields({ selectableFields, validation }: SpecForm): FieldError[] {
  const at = "spec.selectableFields";
  if (selectableFields.length === 0) return [];
  if (!validation) return [fieldInvalid(at, "", "may only be set when validations.schema is included")];
  return validateSelectableFields(selectableFields, validation.openAPIV3Schema ?? {}, at);
}

const SELECTABLE_TYPES = ["string", "boolean", "integer"];

function validateSelectableFields(fields: readonly SelectableField[], schema: JsonSchema, path: string): FieldError[] {
  const seen = new Set<string>();
  const errors = fields.flatMap(({ jsonPath = "" }, index) => {
    const at = `${path}[${index}].jsonPath`;
    if (!jsonPath) return [fieldRequired(at, "")];
    const found = followFieldPath(jsonPath, schema, false);
    if (typeof found === "string") return [fieldInvalid(at, jsonPath, `is an invalid path: ${found}`)];
    const wrong: FieldError[] = [];
    if (found.root === "metadata") wrong.push(fieldInvalid(at, jsonPath, "must not point to fields in metadata"));
    if (!SELECTABLE_TYPES.includes(found.schema?.type ?? "")) {
      const text =
        "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
      wrong.push(fieldInvalid(at, jsonPath, text));
    }
    if (seen.has(found.path)) wrong.push(fieldDuplicate(at, jsonPath));
    seen.add(found.path);
    return wrong;
  });
  if (seen.size > MAX_SELECTABLE_FIELDS) errors.push(fieldTooMany(path, seen.size, MAX_SELECTABLE_FIELDS));
  return errors;
}

function validateNames(names: CustomResourceDefinitionNames | undefined, path: string): FieldError[] {
  const { plural = "", singular = "", kind = "", listKind = "", shortNames = [], categories = [] } = names ?? {};
  const label = (value: string, field: string, prefix = "") => {
    const wrong = validateDNS1035Label(prefix ? value.toLowerCase() : value);
    return wrong.length > 0 ? [fieldInvalid(`${path}.${field}`, value, prefix + wrong.join(","))] : [];
  };
  const mixed = "may have mixed case, but should otherwise match: ";
  return [
    ...(plural ? label(plural, "plural") : []),
    ...(singular ? label(singular, "singular") : []),
    ...(kind ? label(kind, "kind", mixed) : []),
    ...(listKind ? label(listKind, "listKind", mixed) : []),
    ...shortNames.flatMap((name, index) => label(name, `shortNames[${index}]`)),
    ...(kind && kind === listKind
      ? [fieldInvalid(`${path}.listKind`, listKind, "kind and listKind may not be the same")]
      : []),
    ...categories.flatMap((name, index) => label(name, `categories[${index}]`)),
  ];
}

function validateColumn(column: CustomResourceColumnDefinition, path: string): FieldError[] {
  const { name = "", type = "", format = "", jsonPath = "" } = column;
  const errors: FieldError[] = [];
  const types = `must be one of ${COLUMN_TYPES.join(",")}`;
  if (!name) errors.push(fieldRequired(`${path}.name`, ""));
  if (!type) errors.push(fieldRequired(`${path}.type`, types));
  else if (!COLUMN_TYPES.includes(type)) errors.push(fieldInvalid(`${path}.type`, type, types));
  if (format && !COLUMN_FORMATS.includes(format)) {
    errors.push(fieldInvalid(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(",")}`));
  }
  if (!jsonPath) errors.push(fieldRequired(`${path}.JSONPath`, ""));
  else if (!jsonPath.startsWith(".")) errors.push(notSimple(`${path}.JSONPath`, jsonPath));
  return errors;
}

function notSimple(field: string, path: string): FieldError {
  return fieldInvalid(field, path, "must be a simple json path starting with .");
}

function validateSubresources(subresources: CustomResourceSubresources | undefined, path: string): FieldError[] {
  const scale = subresources?.scale;
  if (!scale) return [];
  const under = (value: string, field: string, roots: readonly string[], text: string): FieldError[] => {
    const at = `${path}.scale.${field}`;
    if (!value.startsWith(".")) return [notSimple(at, value)];
    return roots.some((root) => value.startsWith(root)) ? [] : [fieldInvalid(at, value, text)];
  };
  const { specReplicasPath = "", statusReplicasPath = "", labelSelectorPath = "" } = scale;
  const required = (value: string, field: string, root: string) =>
    value
      ? under(value, field, [`${root}.`], `should be a json path under ${root}`)
      : [fieldRequired(`${path}.scale.${field}`, "")];
  return [
    ...required(specReplicasPath, "specReplicasPath", ".spec"),
    ...required(statusReplicasPath, "statusReplicasPath", ".status"),
    ...(labelSelectorPath
      ? under(
          labelSelectorPath,
          "labelSelectorPath",
          [".spec.", ".status."],
          "should be a json path under either .spec or .status",
        )
      : []),
  ];
}

function validateConversion(
  conversion: CustomResourceConversion | undefined,
  path: string,
  { reviewVersion, caBundle }: Demands,
): FieldError[] {
  if (!conversion) return [];
  const { strategy, webhook } = conversion;
  const errors = neededOneOf(strategy || undefined, ["None", "Webhook"], `${path}.strategy`);
  const config = webhook?.clientConfig;
  const versions = webhook?.conversionReviewVersions ?? [];
  if (strategy !== "Webhook") {
    const text = "should not be set when strategy is not set to Webhook";
    if (config) errors.push(fieldForbidden(`${path}.webhookClientConfig`, text));
    if (versions.length > 0) errors.push(fieldForbidden(`${path}.conversionReviewVersions`, text));
    return errors;
  }
  const at = `${path}.webhookClientConfig`;
  if (!config) errors.push(fieldRequired(at, "required when strategy is set to Webhook"));
  else {
    const { url, service, caBundle: bundle } = config;
    if ((url === undefined) === (service === undefined)) {
      errors.push(fieldRequired(at, "exactly one of url or service is required"));
    } else if (service) errors.push(...validateService(service, `${at}.service`));
    else errors.push(...validateUrl(url ?? "", `${at}.url`));
    if (bundle && caBundle) errors.push(...validateBundle(bundle, `${at}.caBundle`));
  }
  return [...errors, ...validateReviewVersions(versions, `${path}.conversionReviewVersions`, reviewVersion)];
}

function validateReviewVersions(versions: readonly string[], path: string, needsKnown: boolean): FieldError[] {
  if (versions.length === 0) return [fieldRequired(path, "")];
  const errors = versions.flatMap((version, index) => {
    if (versions.indexOf(version) < index) return [fieldInvalid(`${path}[${index}]`, version, "duplicate version")];
    return validateDNS1035Label(version).map((text) => fieldInvalid(`${path}[${index}]`, version, text));
  });
  if (needsKnown && !versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    errors.push(fieldInvalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(", ")}`));
  }
  return errors;
}

/** (apiserver/pkg/util/webhook ValidateCABundle) */
export function validateBundle(bundle: string, path: string): FieldError[] {
  const text = Buffer.from(bundle, "base64").toString("latin1");
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  const wrong = "unable to load root certificates: unable to parse bytes as PEM block";
  if (!blocks) return [fieldInvalid(path, bundle, wrong)];
  try {
    for (const block of blocks) new X509Certificate(block);
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [fieldInvalid(path, bundle, `unable to load root certificates: ${reason}`)];
  }
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
