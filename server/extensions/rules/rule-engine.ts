import type { RuleEngine } from "../../registry/apiextensions/schema/rules.ts";
import { rulesOf } from "./evaluate-rules.ts";
import { validateRules } from "./validate-rules.ts";

/** Rules of custom resources (x-kubernetes-validations) by our own CEL. */
export const ruleEngine: RuleEngine = { validateRules, compile: rulesOf };
