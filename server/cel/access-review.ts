import type { SubjectAccessReview } from "../../openapi/api/authorization.k8s.io.v1.ts";
import { compile, type Program } from "./compile.ts";
import { BOOL, type CelType, formatType, listOf, mapOf, objectOf, STRING } from "./types.ts";

const object = (name: string, fields: Readonly<Record<string, CelType>>): CelType =>
  objectOf(`kubernetes.${name}`, new Map(Object.entries(fields).map(([key, type]) => [key, { key, type }])));
const texts = (...names: string[]) => Object.fromEntries(names.map((name) => [name, STRING]));

const requirement = (name: string) => object(name, { ...texts("key", "operator"), values: listOf(STRING) });
const selector = (name: string, of: string) =>
  object(name, { rawSelector: STRING, requirements: listOf(requirement(of)) });

/** (apiserver/pkg/authorization/cel/compile.go) */
const REQUEST = object("SubjectAccessReviewSpec", {
  resourceAttributes: object("ResourceAttributes", {
    ...texts("namespace", "verb", "group", "version", "resource", "subresource", "name"),
    fieldSelector: selector("FieldSelectorAttributes", "FieldSelectorRequirement"),
    labelSelector: selector("LabelSelectorAttributes", "LabelSelectorRequirement"),
  }),
  nonResourceAttributes: object("NonResourceAttributes", texts("path", "verb")),
  ...texts("user", "uid"),
  groups: listOf(STRING),
  extra: mapOf(STRING, listOf(STRING)),
});

/**
 * Conditions of an authorization webhook. One that is false is enough, whatever becomes of the others.
 * @returns whether the webhook is to be asked; it throws an Error when that cannot be told
 * @throws Error for an expression that is none, which names it by its place
 */
export function compileReviewConditions(
  expressions: readonly string[],
): (spec: SubjectAccessReview["spec"]) => boolean {
  const programs = expressions.map((source, i) => compileOne(source, `matchConditions[${i}].expression`));
  return (spec) => {
    const request = spelledOut(spec);
    const errors: string[] = [];
    for (const [i, program] of programs.entries()) {
      const outcome = program.evaluate({ request });
      if (!outcome.ok)
        errors.push(`cel evaluation error: expression '${expressions[i]}' resulted in error: ${outcome.message}`);
      else if (outcome.value !== true) return false;
    }
    if (errors.length === 0) return true;
    throw new Error(errors.length === 1 ? errors[0] : `[${errors.join(", ")}]`);
  };
}

function compileOne(source: string, path: string): Program {
  if (!source.trim()) throw new Error(`${path}: Required value`);
  const program = compile(source, { variables: { request: REQUEST } });
  if (!program.ok)
    throw new Error(`${path}: Invalid value: ${JSON.stringify(source)}: compilation failed: ${program.message}`);
  if (program.type.kind === BOOL.kind) return program;
  const got = formatType(program.type);
  throw new Error(`${path}: Invalid value: ${JSON.stringify(source)}: must evaluate to bool but got ${got}`);
}

const RESOURCE = { namespace: "", verb: "", group: "", version: "", resource: "", subresource: "", name: "" };

/** Texts that were left out are empty there, not missing. (convertObjectToUnstructured) */
function spelledOut({ user = "", uid = "", groups = [], extra = {}, ...of }: SubjectAccessReview["spec"]): object {
  const { resourceAttributes, nonResourceAttributes } = of;
  return {
    user,
    uid,
    groups,
    extra,
    ...(resourceAttributes && { resourceAttributes: { ...RESOURCE, ...resourceAttributes } }),
    ...(nonResourceAttributes && { nonResourceAttributes: { verb: "", path: "", ...nonResourceAttributes } }),
  };
}
