import { typeOfStructural } from "../../cel/structural.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { type FieldError, fieldForbidden, fieldInternalError, fieldInvalid } from "../../meta/field-error.ts";
import {
  additionalOf,
  child,
  itemsOf,
  type JsonSchema,
  propertyOf,
  sortedKeys,
} from "../../registry/apiextensions/schema/json-schema.ts";
import type { RuleContext } from "../../registry/apiextensions/schema/rules.ts";
import { type CompiledRule, compileRules, maxCardinality } from "./compile-rule.ts";

/** What one expression, and what all of a schema, may be estimated to cost. */
const EXPRESSION_LIMIT = 10_000_000;
const SCHEMA_LIMIT = 100_000_000;
const MOST_EXPENSIVE = 4;
const MAX = 2 ** 64;

interface Walk {
  readonly errors: FieldError[];
  /** Expressions that count, the most expensive first. */
  expensive: { readonly path: string; readonly cost: number }[];
  total: number;
  /** A schema that an update leaves as it was keeps its expensive rules. */
  readonly forgivesCost: boolean;
  readonly isBroken: RuleContext["isBroken"];
}
interface Place {
  readonly isRoot: boolean;
  /** How often the node can occur at most; undefined where nothing bounds it. */
  readonly cardinality: number | undefined;
  /** The path within which old values cannot be told. */
  readonly uncorrelatable: string | undefined;
}

/** Everything that is wrong with the rules of a schema, costs included. (pkg/apis/apiextensions/validation) */
export function validateRules(schema: JsonSchema, path: string, { old, isBroken }: RuleContext): FieldError[] {
  const forgivesCost = old !== undefined && semanticEqual(old, schema);
  const walk: Walk = { errors: [], expensive: [], total: 0, forgivesCost, isBroken };
  validateNode(schema, path, walk, { isRoot: true, cardinality: 1, uncorrelatable: undefined });
  const { errors, expensive, total } = walk;
  if (total <= SCHEMA_LIMIT) return errors;
  const part = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
  const whole = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
  errors.push(...expensive.map(({ path: at }) => fieldForbidden(at, part)));
  return [...errors, fieldForbidden(path, exceeds(whole, total, SCHEMA_LIMIT))];
}

function validateNode(schema: JsonSchema, path: string, walk: Walk, place: Place): void {
  const most = maxElements(schema);
  const { cardinality: own } = place;
  const cardinality = own === undefined || most === undefined ? undefined : times(own, most);
  const below = (inner: JsonSchema | undefined, at: string, isCorrelatable: boolean) => {
    if (!inner) return;
    const uncorrelatable = isCorrelatable ? place.uncorrelatable : path;
    validateNode(inner, at, walk, { isRoot: false, cardinality, uncorrelatable });
  };
  below(additionalOf(schema), child(path, "additionalProperties"), true);
  for (const name of sortedKeys(schema.properties)) {
    below(propertyOf(schema, name), `${child(path, "properties")}[${name}]`, true);
  }
  below(itemsOf(schema), child(path, "items"), schema["x-kubernetes-list-type"] === "map");
  const rules = schema["x-kubernetes-validations"] ?? [];
  if (rules.length === 0 || walk.isBroken(path)) return;
  const at = child(path, "x-kubernetes-validations");
  const type = typeOfStructural(schema, place.isRoot || schema["x-kubernetes-embedded-resource"] === true);
  if (!type) {
    const why = "unable to convert structural schema to CEL declarations";
    const text = `internal error: failed to construct type information for x-kubernetes-validations rules: ${why}`;
    walk.errors.push(fieldInternalError(at, text));
    return;
  }
  for (const [index, compiled] of compileRules(rules, type).entries()) {
    const cost = times(compiled.cost, own ?? maxCardinality(type));
    validateRule(compiled, `${at}[${index}]`, cost, walk, place);
  }
}

function validateRule(compiled: CompiledRule, at: string, cost: number, walk: Walk, place: Place): void {
  const { rule, problem, message, messageProblem, messageCost, usesOldSelf } = compiled;
  const { errors } = walk;
  observe(walk, `${at}.rule`, "estimated rule cost", cost);
  if (problem) errors.push(fieldInvalid(`${at}.rule`, inner(rule), problem));
  if (messageProblem) errors.push(fieldInvalid(`${at}.messageExpression`, inner(rule), messageProblem));
  else if (message) observe(walk, `${at}.messageExpression`, "estimated messageExpression cost", messageCost);
  if (usesOldSelf) {
    if (place.uncorrelatable === undefined) return;
    const where = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`;
    errors.push(fieldInvalid(`${at}.rule`, rule.rule, where));
  } else if (rule.optionalOldSelf !== undefined) {
    const text = "may not be set if oldSelf is not used in rule";
    errors.push(fieldInvalid(`${at}.optionalOldSelf`, rule.optionalOldSelf, text));
  }
}

function observe(walk: Walk, path: string, name: string, cost: number): void {
  if (!walk.forgivesCost && cost > EXPRESSION_LIMIT) {
    walk.errors.push(fieldForbidden(path, exceeds(name, cost, EXPRESSION_LIMIT)));
  }
  walk.total = Math.min(walk.total + cost, MAX);
  if (cost < SCHEMA_LIMIT / 100) return;
  walk.expensive = [...walk.expensive, { path, cost }].sort((a, b) => b.cost - a.cost).slice(0, MOST_EXPENSIVE);
}

/** A rule with the names of upstream's internal type, which its errors show. */
function inner({ rule = "", message = "", messageExpression = "", reason, fieldPath = "", optionalOldSelf }: Rule) {
  return {
    Rule: rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason ?? null,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf ?? null,
  };
}
type Rule = CompiledRule["rule"];

/** How often a node's children occur for each of it. */
function maxElements(schema: JsonSchema): number | undefined {
  if (schema.type === "array") return schema.maxItems === undefined ? undefined : Math.max(schema.maxItems, 0);
  if (schema.type !== "object" || schema.additionalProperties === undefined) return 1;
  return schema.maxProperties === undefined ? undefined : Math.max(schema.maxProperties, 0);
}

const times = (a: number, b: number) => Math.min(a * b, MAX);

function exceeds(name: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const shown = factor > 100 ? "more than 100x" : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`;
  const advice =
    "try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared";
  return `${name} exceeds budget by factor of ${shown} (${advice})`;
}
