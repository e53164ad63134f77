import { checkDeviceSelector } from "../../cel/device.ts";
import { JSON_PATCH_TYPE, OBJECT_TYPE } from "../../cel/library/patch.ts";
import { BOOL, type CelType, listOf, NULL, STRING } from "../../cel/types.ts";
import type { CheckExpression, ExpressionUse } from "../../registry/admissionregistration/expressions.ts";
import { compileExpression, compileVariables, typesOf } from "./expression.ts";

const RESULTS: Readonly<Record<Exclude<ExpressionUse["result"], "device selector">, readonly CelType[] | undefined>> = {
  bool: [BOOL],
  string: [STRING],
  stringOrNull: [STRING, NULL],
  any: undefined,
  Object: [OBJECT_TYPE],
  JSONPatch: [listOf(JSON_PATCH_TYPE)],
};

/** Compiles what users write into policies, webhooks and selectors of devices, as it is compiled when it is used. */
export const checkExpression: CheckExpression = (source, { result, hasParams, hasAuthorizer, variables }) => {
  if (result === "device selector") return checkDeviceSelector(source);
  const known = variables && compileVariables(variables, { hasParams, hasAuthorizer: true });
  const { error } = compileExpression(source, RESULTS[result], {
    hasParams,
    hasAuthorizer,
    hasPatchTypes: result === "Object" || result === "JSONPatch",
    ...(known && { variables: typesOf(known) }),
  });
  return error;
};
