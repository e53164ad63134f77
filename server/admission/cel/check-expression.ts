import { compile } from "../../cel/compile.ts";
import { JSON_PATCH_TYPE, OBJECT_TYPE } from "../../cel/library/patch.ts";
import {
  BOOL,
  type CelType,
  DYN,
  formatType,
  listOf,
  mapOf,
  NULL,
  objectOf,
  opaqueOf,
  STRING,
} from "../../cel/types.ts";
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

const field = (key: string, type: CelType) => [key, { key, type }] as const;
/** Of dynamic resource allocation. (dynamic-resource-allocation/cel/compile.go) */
const DEVICE: CelType = objectOf(
  "kubernetes.DRADevice",
  new Map([
    field("driver", STRING),
    field("attributes", mapOf(STRING, mapOf(STRING, DYN))),
    field("capacity", mapOf(STRING, mapOf(STRING, opaqueOf("kubernetes.Quantity")))),
    field("allowMultipleAllocations", BOOL),
  ]),
);

/** Compiles what users write into policies, webhooks and selectors of devices, as it is compiled when it is used. */
export const checkExpression: CheckExpression = (source, { result, hasParams, hasAuthorizer, variables }) => {
  if (result === "device selector") return checkSelector(source);
  const known = variables && compileVariables(variables, { hasParams, hasAuthorizer: true });
  const { error } = compileExpression(source, RESULTS[result], {
    hasParams,
    hasAuthorizer,
    hasPatchTypes: result === "Object" || result === "JSONPatch",
    ...(known && { variables: typesOf(known) }),
  });
  return error;
};

function checkSelector(source: string): string | undefined {
  const program = compile(source, { variables: { device: DEVICE }, bind: true });
  if (!program.ok) return `compilation failed: ${program.message}`;
  const { type } = program;
  if (type.kind === "bool" || type.kind === "dyn") return undefined;
  return `must evaluate to bool or the unknown type, not ${formatType(type)}`;
}
