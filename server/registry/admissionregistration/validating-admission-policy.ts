import type {
  AuditAnnotation,
  ValidatingAdmissionPolicy,
  Validation,
} from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { validateConditions } from "../../meta/conditions.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { needed, oneOf, qualifiedName } from "../../meta/field-checks.ts";
import { type FieldError, fieldDuplicate, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { defineKind, type RequestContext } from "../kind.ts";
import { bumpGeneration, restore, status } from "../subresources.ts";
import { type ExpressionUse, validateExpression, validateMatchConditions } from "./expressions.ts";
import { authorizeParamKind } from "./param-access.ts";
import {
  defaultMatchResources,
  FAILURE_POLICIES,
  validateMatchConstraints,
  validateParamKind,
  validateVariables,
} from "./policy-validation.ts";
import { warningsForName } from "./static-names.ts";

const REASONS = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
const MAX_ANNOTATIONS = 20;
const MAX_VALUE_BYTES = 5 * 1024;
const EMPTY = "validations or auditAnnotations must contain at least one item";

/**
 * ValidatingAdmissionPolicy, admissionregistration.k8s.io/v1. Follows pkg/registry/admissionregistration and
 * pkg/apis/admissionregistration/{v1,validation}.
 */
export const validatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  allowUnconditionalUpdate: false,
  defaults({ spec }) {
    spec.failurePolicy ??= "Fail";
    defaultMatchResources(spec.matchConstraints);
  },
  async authorizeWrite(object, old, context) {
    const { paramKind } = object.spec;
    if (old && semanticEqual(paramKind, old.spec.paramKind)) return;
    await authorizeParamKind(object, { kind: "ValidatingAdmissionPolicy", paramKind }, context);
  },
  prepareForCreate(object) {
    object.status = {};
    object.metadata.generation = 1;
  },
  prepareForUpdate(object, old) {
    restore(object, old, "status");
    bumpGeneration(object, old);
  },
  validate: (object, context) => validate(object, undefined, context),
  updateChecks: ["whole", "own"],
  validateUpdate: validate,
  warnings: warningsForName,
  subresources: {
    status: {
      ...status<ValidatingAdmissionPolicy>({ keep: ["labels", "annotations", "ownerReferences", "finalizers"] }),
      verbs: ["get", "patch", "update"],
      allowCreateOnApply: true,
      updateChecks: ["own"],
      validateUpdate({ status: { typeChecking, conditions } }) {
        const warnings = typeChecking?.expressionWarnings ?? [];
        return [
          ...warnings.flatMap(({ fieldRef, warning }, index) => {
            const field = `status.typeChecking.expressionWarnings[${index}]`;
            return [...needed(warning, `${field}.warning`), ...needed(fieldRef?.trim(), `${field}.fieldRef`)];
          }),
          ...validateConditions(conditions, "status.conditions"),
        ];
      },
    },
  },
});

function validate(
  { metadata, spec }: ValidatingAdmissionPolicy,
  old: ValidatingAdmissionPolicy | undefined,
  { services: { checkExpression: check } }: RequestContext,
): FieldError[] {
  const { paramKind, matchConditions, variables, validations = [], auditAnnotations = [] } = spec;
  const hasParams = paramKind !== undefined;
  const isSame =
    old && semanticEqual(paramKind, old.spec.paramKind) && semanticEqual(matchConditions, old.spec.matchConditions);
  const errors = [
    ...oneOf(spec.failurePolicy, FAILURE_POLICIES, "spec.failurePolicy"),
    ...(paramKind ? validateParamKind(paramKind) : []),
    ...validateMatchConstraints(spec.matchConstraints),
    ...(isSame ? [] : validateMatchConditions(matchConditions, hasParams, { check, field: "spec.matchConditions" })),
    ...validateVariables(variables, hasParams, check),
  ];
  if (validations.length === 0 && auditAnnotations.length === 0) {
    return [...errors, fieldRequired("spec.validations", EMPTY), fieldRequired("spec.auditAnnotations", EMPTY)];
  }
  // One without an expression is as good as not there.
  const written = variables?.filter(({ expression }) => expression?.trim());
  const names = { hasParams, ...(variables?.length && { variables: written ?? [] }) };
  const compile = (expression: string, use: Pick<ExpressionUse, "result" | "hasAuthorizer">, field: string) =>
    validateExpression(expression, { ...names, ...use }, { check, field });
  errors.push(...validations.flatMap((each, index) => validateValidation(each, compile, `spec.validations[${index}]`)));
  if (auditAnnotations.length > MAX_ANNOTATIONS) {
    const detail = `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`;
    errors.push(
      fieldInvalid(
        "spec.auditAnnotations",
        internalForm("[]admissionregistration.AuditAnnotation", auditAnnotations),
        detail,
      ),
    );
  }
  for (const [index, annotation] of auditAnnotations.entries()) {
    const field = `spec.auditAnnotations[${index}]`;
    errors.push(...validateAnnotation(annotation, metadata.name ?? "", { compile, field }));
    const isRepeated = auditAnnotations.slice(0, index).some(({ key }) => key === annotation.key);
    if (isRepeated) errors.push(fieldDuplicate(`${field}.key`, annotation.key));
  }
  return errors;
}

type Compile = (
  expression: string,
  use: Pick<ExpressionUse, "result" | "hasAuthorizer">,
  field: string,
) => FieldError[];

function validateValidation(validation: Readonly<Validation>, compile: Compile, field: string): FieldError[] {
  const { expression = "", message = "", messageExpression = "", reason } = validation;
  const errors = expression.trim()
    ? compile(expression, { result: "bool", hasAuthorizer: true }, `${field}.expression`)
    : [fieldRequired(`${field}.expression`, "expression is not specified")];
  const empty = "must be non-empty if specified";
  if (messageExpression.trim()) {
    errors.push(
      ...compile(messageExpression, { result: "string", hasAuthorizer: false }, `${field}.messageExpression`),
    );
  } else if (messageExpression) errors.push(fieldInvalid(`${field}.messageExpression`, messageExpression, empty));
  if (message && !message.trim()) errors.push(fieldInvalid(`${field}.message`, message, empty));
  else if (/[\r\n]/.test(message.trim())) {
    errors.push(fieldInvalid(`${field}.message`, message, "must not contain line breaks"));
  }
  return [...errors, ...oneOf(reason, REASONS, `${field}.reason`)];
}

function validateAnnotation(
  { key = "", valueExpression = "" }: Readonly<AuditAnnotation>,
  policy: string,
  { compile, field }: { compile: Compile; field: string },
): FieldError[] {
  const errors = policy
    ? qualifiedName(`${policy}/${key}`, `${field}.key`)
    : [fieldInvalid(`${field}.key`, key, "requires metadata.name be non-empty")];
  const trimmed = valueExpression.trim();
  const path = `${field}.valueExpression`;
  if (!trimmed) return [...errors, fieldRequired(path, "valueExpression is not specified")];
  if (Buffer.byteLength(trimmed) > MAX_VALUE_BYTES) {
    return [...errors, fieldRequired(path, `must not exceed ${MAX_VALUE_BYTES} bytes in length`)];
  }
  const wrong = compile(trimmed, { result: "stringOrNull", hasAuthorizer: true }, path);
  // The expression is compiled without blanks around it, and shown with them.
  return [...errors, ...wrong.map(({ detail }) => fieldInvalid(path, valueExpression, detail))];
}
