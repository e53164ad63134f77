import type { MutatingAdmissionPolicy, Mutation } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { neededOneOf, oneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { defineKind, type RequestContext } from "../kind.ts";
import { bumpGeneration } from "../subresources.ts";
import { type ExpressionUse, validateExpression, validateMatchConditions } from "./expressions.ts";
import { authorizeParamKind } from "./param-access.ts";
import {
  defaultMatchResources,
  FAILURE_POLICIES,
  validateMatchConstraints,
  validateMutatingOperations,
  validateParamKind,
  validateVariables,
} from "./policy-validation.ts";
import { warningsForName } from "./static-names.ts";

const PATCH_TYPES = { JSONPatch: "jsonPatch", ApplyConfiguration: "applyConfiguration" } as const;

/**
 * MutatingAdmissionPolicy, admissionregistration.k8s.io/v1. Follows pkg/registry/admissionregistration and
 * pkg/apis/admissionregistration/{v1,validation}.
 */
export const mutatingAdmissionPolicy = defineKind<MutatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicy",
  allowUnconditionalUpdate: false,
  defaults({ spec }) {
    spec.failurePolicy ??= "Fail";
    defaultMatchResources(spec.matchConstraints);
  },
  async authorizeWrite(object, old, context) {
    const { paramKind } = object.spec;
    if (old && semanticEqual(paramKind, old.spec.paramKind)) return;
    await authorizeParamKind(object, { kind: "MutatingAdmissionPolicy", paramKind }, context);
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
  },
  prepareForUpdate: bumpGeneration,
  validate: (object, context) => validate(object, undefined, context),
  updateChecks: ["whole", "own"],
  validateUpdate: validate,
  warnings: warningsForName,
});

function validate(
  { spec }: MutatingAdmissionPolicy,
  old: MutatingAdmissionPolicy | undefined,
  { services: { checkExpression: check } }: RequestContext,
): FieldError[] {
  // Here `variables` is declared even where there are none.
  const { paramKind, matchConditions, variables = [], mutations = [] } = spec;
  const hasParams = paramKind !== undefined;
  const isSame =
    old && semanticEqual(paramKind, old.spec.paramKind) && semanticEqual(matchConditions, old.spec.matchConditions);
  const compile = (expression: string, result: ExpressionUse["result"], field: string) =>
    validateExpression(expression, { result, hasParams, hasAuthorizer: true, variables }, { check, field });
  return [
    ...oneOf(spec.failurePolicy, FAILURE_POLICIES, "spec.failurePolicy"),
    ...(paramKind ? validateParamKind(paramKind) : []),
    ...validateMatchConstraints(spec.matchConstraints),
    ...validateMutatingOperations(spec.matchConstraints, "spec.matchConstraints"),
    ...(isSame ? [] : validateMatchConditions(matchConditions, hasParams, { check, field: "spec.matchConditions" })),
    ...validateVariables(variables, hasParams, check),
    ...(mutations.length === 0 ? [fieldRequired("spec.mutations", "mutations must contain at least one item")] : []),
    ...mutations.flatMap((mutation, index) => validateMutation(mutation, compile, `spec.mutations[${index}]`)),
    ...neededOneOf(spec.reinvocationPolicy, ["IfNeeded", "Never"], "spec.reinvocationPolicy"),
  ];
}

type Compile = (expression: string, result: ExpressionUse["result"], field: string) => FieldError[];

function validateMutation(mutation: Readonly<Mutation>, compile: Compile, field: string): FieldError[] {
  const { patchType } = mutation;
  if (!Object.hasOwn(PATCH_TYPES, patchType ?? "")) {
    return neededOneOf(patchType, ["ApplyConfiguration", "JSONPatch"], `${field}.patchType`);
  }
  const own = PATCH_TYPES[patchType as keyof typeof PATCH_TYPES]; // checked just above
  const other = own === "jsonPatch" ? "applyConfiguration" : "jsonPatch";
  const errors: FieldError[] = [];
  const expression = mutation[own]?.expression?.trim();
  if (!mutation[own]) errors.push(fieldRequired(`${field}.${own}`, `must be specified when patchType is ${patchType}`));
  else if (!expression) errors.push(fieldRequired(`${field}.${own}.expression`, ""));
  else errors.push(...compile(expression, own === "jsonPatch" ? "JSONPatch" : "Object", `${field}.${own}.expression`));
  if (mutation[other]) {
    errors.push(
      fieldInvalid(`${field}.${other}`, `{${other}}`, `must not be specified when patchType is ${patchType}`),
    );
  }
  return errors;
}
