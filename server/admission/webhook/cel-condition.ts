import { compile, type Program } from "../../cel/compile.ts";
import { BOOL, type CelType, DYN, listOf, mapOf, objectOf, STRING } from "../../cel/types.ts";
import type { CompileCondition } from "./match-conditions.ts";

const object = (name: string, fields: Record<string, CelType>): CelType =>
  objectOf(`kubernetes.${name}`, new Map(Object.entries(fields).map(([key, type]) => [key, { key, type }])));
const kind = object("GroupVersionKind", { group: STRING, version: STRING, kind: STRING });
const resource = object("GroupVersionResource", { group: STRING, version: STRING, resource: STRING });
const userInfo = object("UserInfo", {
  username: STRING,
  uid: STRING,
  groups: listOf(STRING),
  extra: mapOf(STRING, listOf(STRING)),
});

/** The AdmissionRequest as expressions see it. (apiserver/pkg/admission/plugin/cel/compile.go BuildRequestType) */
export const REQUEST: CelType = object("AdmissionRequest", {
  kind,
  resource,
  subResource: STRING,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo,
  dryRun: BOOL,
  options: DYN,
});
const VARIABLES = { object: DYN, oldObject: DYN, request: REQUEST };
const OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run";

/**
 * Compiles a match condition, when it is first asked for. The `authorizer` variable is not declared here: a condition
 * that uses it fails to compile, and says so. (apiserver/pkg/admission/plugin/cel/activation.go)
 */
export const celCondition: CompileCondition = (expression) => {
  let program: Program | undefined;
  const compiled = (): Program => {
    if (program) return program;
    const result = compile(expression, { variables: VARIABLES });
    if (!result.ok) throw new Error(`compilation error: compilation failed: ${result.message}`);
    if (result.type.kind !== "bool") throw new Error("compilation error: must evaluate to bool");
    program = result;
    return result;
  };
  return ({ object: now, oldObject: old, request }, budget) => {
    const outcome = compiled().evaluate({ object: now ?? null, oldObject: old ?? null, request });
    budget.remaining -= outcome.cost;
    if (budget.remaining < 0) throw new Error(OUT_OF_BUDGET);
    if (!outcome.ok) throw new Error(`expression '${expression}' resulted in error: ${outcome.message}`);
    return outcome.value === true;
  };
};
