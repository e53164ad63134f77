import { PER_OBJECT_LIMIT } from "../../cel/compile.ts";
import { typeOfStructural } from "../../cel/structural.ts";
import type { Value } from "../../cel/values.ts";
import { Optional } from "../../cel/values.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  omitValue,
} from "../../meta/field-error.ts";
import { followFieldPath } from "../../registry/apiextensions/schema/field-path.ts";
import {
  additionalOf,
  child,
  isObject,
  itemsOf,
  type JsonSchema,
  propertyOf,
  sortedKeys,
} from "../../registry/apiextensions/schema/json-schema.ts";
import type { CompiledRules } from "../../registry/apiextensions/schema/rules.ts";
import { isUnchanged, itemByKey } from "../../registry/apiextensions/schema/unchanged.ts";
import { type CompiledRule, compileRules } from "./compile-rule.ts";
import type { RuleObserver } from "./observer.ts";

const MAX_MESSAGE_BYTES = 5 * 1024;
const OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run";

/** A node of a schema that has rules, or some below. Rules are compiled when a value first meets them. */
interface Node {
  readonly schema: JsonSchema;
  rules(): readonly CompiledRule[];
  readonly items: Node | undefined;
  readonly additional: Node | undefined;
  readonly properties: ReadonlyMap<string, Node>;
  readonly allOf: readonly Node[];
}

/** What unchanged values are forgiven by: the old value of a node, or the nearest above that has one. */
interface Correlation {
  readonly current: Pair | undefined;
  readonly parent: Pair | undefined;
}
interface Pair {
  readonly value: unknown;
  readonly old: unknown;
  readonly schema: JsonSchema;
}

/** One object's validation. */
interface Run {
  readonly errors: FieldError[];
  readonly warnings: string[];
  /** What is left to spend. Below zero nothing more is evaluated. */
  budget: number;
  readonly observer: RuleObserver | undefined;
}

/** Prepares a schema's rules for objects. (schema/cel/validation.go) @returns undefined when there are none */
export function rulesOf(schema: JsonSchema, isRoot: boolean, observer?: RuleObserver): CompiledRules | undefined {
  if (!hasRules(schema)) return undefined;
  const root = nodeOf(schema, schema, isRoot, observer);
  if (!root) return undefined;
  return {
    validate(value, old) {
      const run: Run = { errors: [], warnings: [], budget: PER_OBJECT_LIMIT, observer };
      const correlation = { current: old === undefined ? undefined : { value, old, schema }, parent: undefined };
      validate(root, "", value, old, correlation, run);
      return { errors: run.errors, warnings: run.warnings };
    },
  };
}

function hasRules(schema: JsonSchema | undefined): boolean {
  if (!schema) return false;
  const inner = [itemsOf(schema), additionalOf(schema), ...Object.values(schema.properties ?? {})];
  return (schema["x-kubernetes-validations"]?.length ?? 0) > 0 || inner.some(hasRules);
}

/** @param rules the schema whose rules count: the node's own, or one of its allOf */
function nodeOf(
  rules: JsonSchema,
  schema: JsonSchema,
  isRoot: boolean,
  observer: RuleObserver | undefined,
): Node | undefined {
  const inner = (own: JsonSchema | undefined, spine: JsonSchema | undefined) =>
    own && spine && nodeOf(own, spine, spine["x-kubernetes-embedded-resource"] === true, observer);
  const properties = new Map<string, Node>();
  for (const name of sortedKeys(rules.properties)) {
    const node = inner(propertyOf(rules, name), propertyOf(schema, name));
    if (node) properties.set(name, node);
  }
  const own = rules["x-kubernetes-validations"] ?? [];
  const items = inner(itemsOf(rules), itemsOf(schema));
  const additional = inner(additionalOf(rules), additionalOf(schema));
  const allOf = (rules.allOf ?? []).flatMap((each) => nodeOf(each, schema, isRoot, observer) ?? []);
  if (own.length === 0 && !items && !additional && properties.size === 0 && allOf.length === 0) return undefined;
  let compiled: readonly CompiledRule[] | undefined;
  const compileAll = () => {
    const type = own.length > 0 ? typeOfStructural(schema, isRoot) : undefined;
    if (!type) return [];
    const started = observer?.clock() ?? 0;
    const made = compileRules(own, type);
    observer?.compiled(observer.clock() - started);
    return made;
  };
  return {
    schema,
    items,
    additional,
    properties,
    allOf,
    rules() {
      compiled ??= compileAll();
      return compiled;
    },
  };
}

function validate(node: Node, path: string, value: unknown, old: unknown, correlation: Correlation, run: Run): void {
  if (value === null || value === undefined || run.budget < 0) return;
  const { observer } = run;
  const started = observer?.clock() ?? 0;
  validateAll(node, path, value, old, correlation, run);
  observer?.evaluated(observer.clock() - started);
}

function validateAll(node: Node, path: string, value: unknown, old: unknown, correlation: Correlation, run: Run): void {
  validateRules(node, path, value, old ?? undefined, correlation, run);
  for (const each of node.allOf) {
    if (run.budget < 0) return;
    validate(each, path, value, old, { current: undefined, parent: correlation.parent }, run);
  }
  if (Array.isArray(value)) validateItems(node, path, value, old, correlation, run);
  else if (isObject(value)) validateMembers(node, path, value, old, correlation, run);
}

function validateItems(
  { items, schema }: Node,
  path: string,
  list: readonly unknown[],
  old: unknown,
  correlation: Correlation,
  run: Run,
): void {
  if (!items) return;
  for (const [index, item] of list.entries()) {
    const before = itemByKey(item, old, schema);
    const current = before === undefined ? undefined : { value: item, old: before, schema: items.schema };
    validate(items, `${path}[${index}]`, item, before, step(correlation, current), run);
  }
}

function validateMembers(
  { additional, properties }: Node,
  path: string,
  object: Readonly<Record<string, unknown>>,
  old: unknown,
  correlation: Correlation,
  run: Run,
): void {
  const known = isObject(old) ? old : {};
  const visit = (node: Node, name: string, at: string) => {
    const before = Object.hasOwn(known, name) ? known[name] : undefined;
    const current = before === undefined ? undefined : { value: object[name], old: before, schema: node.schema };
    // The identity of a resource is never forgiven: both sides were brought to one version.
    const isIdentity = !correlation.parent && (name === "apiVersion" || name === "kind");
    const next = isIdentity ? { current: undefined, parent: undefined } : step(correlation, current);
    validate(node, at, object[name], before, next, run);
  };
  for (const name of sortedKeys(object)) if (additional) visit(additional, name, `${path}[${name}]`);
  for (const name of sortedKeys(object)) {
    const node = properties.get(name);
    if (node) visit(node, name, child(path, name));
  }
}

function step(from: Correlation, current: Correlation["current"]): Correlation {
  return from.current ? { current, parent: from.current } : from;
}

function isForgiven({ current, parent }: Correlation): boolean {
  const known = current ?? parent;
  return known !== undefined && isUnchanged(known.value, known.old, known.schema);
}

function validateRules(node: Node, path: string, value: unknown, old: unknown, correlation: Correlation, run: Run) {
  const rules = node.rules();
  const { schema } = node;
  const at = path || "<nil>";
  const type = schema.type ?? "";
  const stop = (text: string) => {
    run.errors.push(fieldInvalid(at, type, text));
    run.budget = -1;
  };
  if (rules.length > 0 && run.budget <= 0) return stop(OUT_OF_BUDGET);
  for (const compiled of rules) {
    const { rule, program, problem, usesOldSelf } = compiled;
    if (problem) run.errors.push(fieldInvalid(at, type, `rule compile error: ${problem}`));
    // Transitions need something to come from, unless they say that they do not.
    if (!program || (usesOldSelf && old === undefined && !rule.optionalOldSelf)) continue;
    const outcome = program.evaluate(variablesOf(value, old, rule.optionalOldSelf === true));
    if (outcome.cost > run.budget) return stop(OUT_OF_BUDGET);
    run.budget -= outcome.cost;
    if (!outcome.ok) {
      const { message, limited } = outcome;
      const about = rule.message ? rule.message.trim() : (rule.rule ?? "").trim();
      if (limited) {
        return stop(
          `'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${about}`,
        );
      }
      const mismatch = `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${about}`;
      const text = message.startsWith("no such overload") ? mismatch : `${message} evaluating rule: ${about}`;
      run.errors.push(fieldInvalid(at, type, text));
    } else if (outcome.value !== true) {
      refuse(compiled, { node, path, value, old, forgiven: !usesOldSelf && isForgiven(correlation) }, run);
      if (run.budget < 0) return;
    }
  }
}

function variablesOf(value: unknown, old: unknown, optional: boolean): Record<string, unknown> {
  if (optional) return { self: value, oldSelf: new Optional(old as Value | undefined) }; // JSON holds nothing but values
  return old === undefined ? { self: value } : { self: value, oldSelf: old };
}

interface Refusal {
  readonly node: Node;
  readonly path: string;
  readonly value: unknown;
  readonly old: unknown;
  /** The value is as it was: its owner is only warned. */
  readonly forgiven: boolean;
}

function refuse(compiled: CompiledRule, { node, path, value, old, forgiven }: Refusal, run: Run): void {
  const { rule } = compiled;
  const { schema } = node;
  const found = rule.fieldPath ? followFieldPath(rule.fieldPath, schema, true) : undefined;
  const inner = typeof found === "object" ? found.path : "";
  const at = (inner ? child(path, inner) : path) || "<nil>";
  const add = (error: FieldError) => {
    if (forgiven) run.warnings.push(error.message());
    else run.errors.push(error);
  };
  const message = messageOf(compiled, value, old, run);
  if (message.problem !== undefined) {
    add(fieldInvalid(at, schema.type ?? "", message.problem));
    run.budget = -1;
    return;
  }
  const plain = rule.message ? rule.message.trim() : `failed rule: ${(rule.rule ?? "").trim()}`;
  const detail = message.text ?? plain;
  const shown = schema.type === "object" || schema.type === "array" ? omitValue : value;
  switch (rule.reason) {
    case "FieldValueForbidden":
      return add(fieldForbidden(at, detail));
    case "FieldValueRequired":
      return add(fieldRequired(at, detail));
    case "FieldValueDuplicate":
      return add(fieldDuplicate(at, shown));
    default:
      return add(fieldInvalid(at, shown, detail));
  }
}

/** What the messageExpression says. A message that cannot be used gives way to the plain one. */
function messageOf({ message, rule }: CompiledRule, value: unknown, old: unknown, run: Run) {
  if (!message) return {};
  const source = JSON.stringify(rule.messageExpression);
  const outcome = message.evaluate(variablesOf(value, old, false));
  if (outcome.cost > run.budget) {
    const why = "messageExpression evaluation failed due to running out of cost budget";
    return { problem: `${why}, no further validation rules will be run` };
  }
  if (!outcome.ok && outcome.limited) {
    const why = "no further validation rules will be run due to call cost exceeds limit for messageExpression";
    return { problem: `${why}: ${source}` };
  }
  run.budget -= outcome.cost;
  const text = outcome.ok && typeof outcome.value === "string" ? outcome.value.trim() : "";
  const isUsable = text !== "" && !text.includes("\n") && Buffer.byteLength(text) <= MAX_MESSAGE_BYTES;
  return isUsable ? { text } : {};
}
