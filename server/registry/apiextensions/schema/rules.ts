import type { FieldError } from "../../../meta/field-error.ts";
import type { JsonSchema } from "./json-schema.ts";

/**
 * What CEL rules (x-kubernetes-validations) need of an engine: to be set by whoever has one. A definition with rules
 * is refused while there is none, so that no rule is ever passed over in silence.
 */
export interface RuleEngine {
  /**
   * Compiles all rules of a schema and says what is wrong with them, costs included. (validation.go, schema/cel)
   * @param path of the schema in the definition
   * @param context.old the schema before an update, whose unchanged rules are not judged by new limits
   * @param context.isBroken whether the schema at a path is wrong there or deeper, so that its rules mean nothing
   */
  validateRules(schema: JsonSchema, path: string, context: RuleContext): FieldError[];
  /**
   * Prepares the rules of a schema.
   * @param isRoot whether it describes a resource
   * @returns undefined when it has none
   */
  compile(schema: JsonSchema, isRoot: boolean): CompiledRules | undefined;
}

export interface RuleContext {
  readonly old: JsonSchema | undefined;
  isBroken(path: string): boolean;
}

/** The rules of one schema. */
export interface CompiledRules {
  /** Evaluates all of them. @param old the object before an update; undefined on create */
  validate(value: unknown, old: unknown): RuleFindings;
}

export interface RuleFindings {
  readonly errors: readonly FieldError[];
  /** What an update broke no further than it was: told, but not refused. */
  readonly warnings: readonly string[];
}

let engine: RuleEngine | undefined;

/** To be called once, before the first request. */
export function useRuleEngine(rules: RuleEngine): void {
  engine = rules;
}

export function ruleEngine(): RuleEngine | undefined {
  return engine;
}
