import type { MutatingAdmissionPolicy } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import type { Scope } from "../cel/declarations.ts";
import { compileVariables, typesOf } from "../cel/expression.ts";
import { type MatchConditions, matchConditions } from "../cel/match-conditions.ts";
import { compilePatcher, type Patcher } from "./patch.ts";

/** A MutatingAdmissionPolicy, compiled. */
export interface Mutator {
  readonly conditions: MatchConditions | undefined;
  /** One for each mutation. */
  readonly patchers: readonly Patcher[];
}

/** (plugin/policy/mutating/compilation.go) */
export function compileMutator({ spec }: Readonly<MutatingAdmissionPolicy>): Mutator {
  const scope: Scope = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true };
  const variables = compileVariables(spec.variables ?? [], scope);
  const full: Scope = { ...scope, variables: typesOf(variables) };
  return {
    conditions: matchConditions(spec, full, variables),
    patchers: (spec.mutations ?? []).map((mutation) => compilePatcher(mutation, full, variables)),
  };
}
