import { type FieldError, fieldInvalid, fieldNotSupported, fieldRequired } from "../../../meta/field-error.ts";
import { followFieldPath } from "./field-path.ts";
import { child, type JsonSchema } from "./json-schema.ts";

const REASONS = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];
const NEWLINE = /[\n\r]/;

/** What can be said of rules without compiling them. */
export function validateRuleTexts(schema: JsonSchema, path: string): FieldError[] {
  return (schema["x-kubernetes-validations"] ?? []).flatMap((rule, index) => {
    const at = (name: string) => `${child(path, "x-kubernetes-validations")}[${index}].${name}`;
    const errors: FieldError[] = [];
    const { message = "", messageExpression = "", reason, fieldPath = "" } = rule;
    const text = (rule.rule ?? "").trim();
    if (!text) errors.push(fieldRequired(at("rule"), "rule is not specified"));
    else if (message && !message.trim()) {
      errors.push(fieldInvalid(at("message"), message, "must be non-empty if specified"));
    } else if (NEWLINE.test(message.trim())) {
      errors.push(fieldInvalid(at("message"), message, "must not contain line breaks"));
    } else if (NEWLINE.test(text) && !message.trim()) {
      errors.push(fieldRequired(at("message"), "message must be specified if rule contains line breaks"));
    }
    if (messageExpression && !messageExpression.trim()) {
      errors.push(fieldRequired(at("messageExpression"), "messageExpression must be non-empty if specified"));
    }
    if (reason !== undefined && !REASONS.includes(reason)) {
      errors.push(fieldNotSupported(at("reason"), reason, REASONS));
    }
    if (fieldPath && !fieldPath.trim()) {
      errors.push(fieldInvalid(at("fieldPath"), fieldPath, "must be non-empty if specified"));
    }
    if (NEWLINE.test(fieldPath)) errors.push(fieldInvalid(at("fieldPath"), fieldPath, "must not contain line breaks"));
    if (fieldPath && typeof followFieldPath(fieldPath, schema, true) === "string") {
      errors.push(fieldInvalid(at("fieldPath"), fieldPath, "must be a valid path"));
    }
    return errors;
  });
}
