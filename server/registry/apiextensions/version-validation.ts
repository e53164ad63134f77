import type { CustomResourceDefinition } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";
import { isPrintable } from "../../meta/go-quote.ts";
import { validateColumn } from "./column-validation.ts";
import type { SpecForm, VersionForm } from "./definition-form.ts";
import type { Demands } from "./demands.ts";
import type { JsonSchema } from "./schema/json-schema.ts";
import { validateSchema } from "./schema-validation.ts";
import { validateSelectableFields } from "./selectable-field-validation.ts";
import { validateSubresources } from "./subresource-validation.ts";

const MAX_WARNING_BYTES = 256;

/** The schema of a version by its name. */
export function schemaOfVersion(
  definition: CustomResourceDefinition | undefined,
  name: string,
): JsonSchema | undefined {
  return definition?.spec.versions?.find((version) => version.name === name)?.schema?.openAPIV3Schema;
}

/** One of `spec.versions`, in the form that upstream holds inside. */
export function validateVersion(
  version: VersionForm,
  at: string,
  { form, old, demands }: { form: SpecForm; old: CustomResourceDefinition | undefined; demands: Demands },
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
