import { compile } from "./compile.ts";
import { children } from "./nodes.ts";
import { unescapeName } from "./structural.ts";
import type { Expression } from "./syntax.ts";
import { BOOL, type CelType, DYN, listOf, mapOf, objectOf, STRING } from "./types.ts";
import { CelMap, Double, type Value } from "./values.ts";

const field = (key: string, type: CelType) => [key, { key, type }] as const;

/** (apiserver/pkg/authentication/cel/compile.go) */
const VARIABLES: Readonly<Record<"claims" | "user", CelType>> = {
  claims: mapOf(STRING, DYN),
  user: objectOf(
    "kubernetes.UserInfo",
    new Map([
      field("username", STRING),
      field("uid", STRING),
      field("groups", listOf(STRING)),
      field("extra", mapOf(STRING, listOf(STRING))),
    ]),
  ),
};

/**
 * Compiles an expression of an AuthenticationConfiguration over the claims of a token, or over the user they make.
 * @returns a text that says what is wrong, or the expression
 */
export function compileClaimExpression(source: string, variable: "claims" | "user", wantsBool: boolean) {
  const program = compile(source, { variables: { [variable]: VARIABLES[variable] } });
  if (!program.ok) return `compilation failed: ${program.message}`;
  if (wantsBool && program.type.kind !== BOOL.kind) return "must evaluate to bool";
  return {
    source,
    selects: (name: string) => selects(program.expression, variable, name),
    evaluate(value: unknown): unknown {
      const outcome = program.evaluate({ [variable]: claimValue(value) });
      if (outcome.ok) return outcome.value;
      throw new Error(`expression '${source}' resulted in error: ${outcome.message}`);
    },
  };
}

function selects(node: Expression, variable: string, name: string): boolean {
  if (node.kind === "select" && isVariable(node.operand, variable) && node.field === name) return true;
  if (node.kind === "call" && node.name === "_?._") {
    const [operand, key] = node.args;
    if (operand && isVariable(operand, variable) && key?.kind === "constant" && key.value === name) return true;
  }
  return children(node).some((child) => selects(child, variable, name));
}

const isVariable = (node: Expression, variable: string) => node.kind === "identifier" && node.name === variable;

/** Numbers are doubles, whatever they look like: that is what Go makes of JSON. Fields have their escaped names too. */
function claimValue(value: unknown): Value {
  if (typeof value === "number") return new Double(value);
  if (Array.isArray(value)) return value.map(claimValue);
  if (typeof value === "object" && value !== null) {
    const map = new ClaimMap();
    for (const [key, member] of Object.entries(value)) map.set(key, claimValue(member));
    return map;
  }
  // Nothing else is in JSON.
  return (value ?? null) as Value;
}

/** `claims.a__dot__b` is the claim `a.b`. */
class ClaimMap extends CelMap {
  override get(key: Value): Value | undefined {
    return super.get(plain(key));
  }
  override has(key: Value): boolean {
    return super.has(plain(key));
  }
}

const plain = (key: Value): Value => (typeof key === "string" ? (unescapeName(key) ?? key) : key);
