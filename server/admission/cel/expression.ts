import { compile, type Program } from "../../cel/compile.ts";
import { type CelType, DYN } from "../../cel/types.ts";
import { declarationsFor, type Scope } from "./declarations.ts";

/** An expression, compiled or not: what is wrong with it is told when it is evaluated. */
export interface Expression {
  readonly source: string;
  readonly program?: Program;
  /** In upstream's words. */
  readonly error?: string;
  readonly type: CelType;
}

/**
 * Compiles what users wrote. Expressions are kept as they are when they cannot be compiled.
 * @param results the types of which the result must be one. Absent: any.
 * (apiserver/pkg/admission/plugin/cel/compile.go CompileCELExpression)
 */
export function compileExpression(source: string, results: readonly CelType[] | undefined, scope: Scope): Expression {
  const program = compile(source, declarationsFor(scope));
  if (!program.ok) return { source, type: DYN, error: `compilation failed: ${program.message}` };
  const { type } = program;
  const names = results?.map(typeText);
  const got = typeText(type);
  if (!names || names.includes(got)) return { source, program, type };
  const wanted = names.length === 1 ? names[0] : `one of [${names.join(" ")}]`;
  return { source, type: DYN, error: `must evaluate to ${wanted} but got ${got}` };
}

/** As cel-go's types print themselves, which is not how its compile errors print them. */
function typeText({ name, params }: CelType): string {
  return params.length === 0 ? name : `${name}(${params.map(typeText).join(", ")})`;
}

/** What later expressions may know of a variable: scalars, lists and maps of them. (convertCelTypeToDeclType) */
export function variableType(type: CelType): CelType {
  switch (type.kind) {
    case "list":
    case "map":
      return { ...type, params: type.params.map(variableType) };
    case "bool":
    case "bytes":
    case "double":
    case "duration":
    case "int":
    case "null":
    case "string":
    case "timestamp":
    case "uint":
      return type;
    default:
      return DYN;
  }
}

/** Variables by name, each of which may name those before it. */
export function compileVariables(
  variables: readonly { readonly name: string; readonly expression: string }[],
  scope: Scope,
): ReadonlyMap<string, Expression> {
  const compiled = new Map<string, Expression>();
  for (const { name, expression } of variables) {
    compiled.set(name, compileExpression(expression, undefined, { ...scope, variables: typesOf(compiled) }));
  }
  return compiled;
}

/** What expressions after those variables may know of them. */
export function typesOf(variables: ReadonlyMap<string, Expression>): ReadonlyMap<string, CelType> {
  return new Map([...variables].map(([name, { type }]) => [name, variableType(type)]));
}
