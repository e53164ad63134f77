import type {
  ExpressionWarning,
  ValidatingAdmissionPolicy,
} from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { compile } from "../../cel/compile.ts";
import { type OpenApiSchemas, typeOfOpenApi } from "../../cel/openapi-type.ts";
import { type CelType, DYN, withTypeNames } from "../../cel/types.ts";
import { declarationsFor } from "../cel/declarations.ts";
import { variableType } from "../cel/expression.ts";

/** A kind, and the document that tells its types. */
export interface DescribedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schemas: OpenApiSchemas;
}

/** What a policy is to be checked against. */
export interface PolicyTypes {
  /** Kinds that it is about. Those that their documents do not have are left out. */
  readonly kinds: readonly DescribedKind[];
  /** The kind of its parameters. Absent: nothing is known of them. */
  readonly params?: DescribedKind;
  /** Put after names of types, so that no two kinds share one. */
  readonly suffix: string;
}

/** One kind's types in place of `dyn`. */
interface Typed {
  readonly name: string;
  readonly object: CelType;
  readonly params: CelType | undefined;
}

/**
 * Looks for mistakes in expressions that show only when the types of objects are known. They are told and do no harm:
 * the policy is in force all the same. (plugin/policy/validating/typechecking.go)
 */
export function checkPolicyTypes(
  { spec }: Readonly<ValidatingAdmissionPolicy>,
  { kinds, params, suffix }: PolicyTypes,
): ExpressionWarning[] {
  const hasParams = spec.paramKind !== undefined;
  const paramType = hasParams ? ((params && typeOf(params, suffix)) ?? DYN) : undefined;
  const typed = kinds.flatMap((kind): Typed[] => {
    const object = typeOf(kind, suffix);
    return object ? [{ name: nameOf(kind), object, params: paramType }] : [];
  });
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, index) => {
    const field = `spec.validations[${index}]`;
    return [
      ...warningsOf(expression, `${field}.expression`, spec.variables, typed),
      ...(messageExpression ? warningsOf(messageExpression, `${field}.messageExpression`, spec.variables, typed) : []),
    ];
  });
}

function typeOf(described: DescribedKind, suffix: string): CelType | undefined {
  const { group, version, kind, schemas } = described;
  const definition = Object.entries(schemas).find(([, schema]) =>
    kindsOf(schema).some((each) => each.group === group && each.version === version && each.kind === kind),
  );
  const type = definition && typeOfOpenApi(schemas, definition[0]);
  return type && withTypeNames(type, `${kind}${suffix}`);
}

function kindsOf(schema: unknown): readonly { group?: string; version?: string; kind?: string }[] {
  const key = "x-kubernetes-group-version-kind";
  const kinds = typeof schema === "object" && schema !== null && key in schema ? schema[key] : undefined;
  return Array.isArray(kinds) ? kinds : [];
}

const nameOf = ({ group, version, kind }: DescribedKind): string => `${group}/${version}, Kind=${kind}`;

function warningsOf(
  expression: string,
  fieldRef: string,
  variables: ValidatingAdmissionPolicy["spec"]["variables"],
  kinds: readonly Typed[],
): ExpressionWarning[] {
  const messages = kinds.flatMap((kind) => {
    const known = new Map<string, CelType>();
    for (const { name, expression } of variables ?? []) {
      const program = compileFor(kind, known, expression);
      known.set(name, program.ok ? variableType(program.type) : DYN);
    }
    const program = compileFor(kind, known, expression);
    return program.ok ? [] : [`${kind.name}: ${program.message}\n`];
  });
  return messages.length > 0 ? [{ fieldRef, warning: messages.join("\n") }] : [];
}

function compileFor({ object, params }: Typed, known: ReadonlyMap<string, CelType>, expression: string) {
  const scope = { hasParams: params !== undefined, hasAuthorizer: true, variables: known };
  const { variables, ...others } = declarationsFor(scope);
  const { "authorizer.requestResource": _notHere, ...declared } = variables;
  return compile(expression, {
    ...others,
    variables: { ...declared, object, oldObject: object, ...(params && { params }) },
  });
}
