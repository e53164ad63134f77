import type { RuleEngine } from "../../registry/apiextensions/schema/rules.ts";
import { rulesOf } from "./evaluate-rules.ts";
import type { RuleObserver } from "./observer.ts";
import { validateRules } from "./validate-rules.ts";

/** Rules of custom resources (x-kubernetes-validations) by our own CEL. */
export function ruleEngine(observer?: RuleObserver): RuleEngine {
  return { validateRules, compile: (schema, isRoot) => rulesOf(schema, isRoot, observer) };
}
