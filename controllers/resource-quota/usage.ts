import {
  type Amounts,
  type ApiObject,
  addAmounts,
  amount,
  amountsOf,
  type Lister,
  resourceListOf,
  sameAmounts,
} from "../../client/index.ts";
import type { ResourceQuota } from "../../openapi/api/core.v1.ts";
import type { Evaluator, Scope } from "./evaluator.ts";

/** A resource that quotas can count. */
export interface Countable {
  readonly evaluator: Evaluator;
  readonly lister: Lister<ApiObject>;
}

/** Counts anew what a quota limits. @returns the quota with its new status, when that differs (syncResourceQuota) */
export function recount(
  quota: Readonly<ResourceQuota>,
  countables: readonly Countable[],
  now: Date,
): ResourceQuota | undefined {
  const hard = amountsOf(quota.spec.hard);
  const before = quota.status;
  const counted = new Map([...amountsOf(before.used), ...usageOf(quota, [...hard.keys()], countables, now)]);
  const used = new Map([...counted].filter(([name]) => hard.has(name)));
  const isSame =
    before.hard !== undefined &&
    before.used !== undefined &&
    sameAmounts(hard, amountsOf(before.hard)) &&
    sameAmounts(used, amountsOf(before.used));
  if (isSame) return undefined;
  const status = { hard: quota.spec.hard ?? {}, used: resourceListOf(used) };
  return { ...quota, status };
}

function usageOf(
  { metadata, spec }: Readonly<ResourceQuota>,
  names: readonly string[],
  countables: readonly Countable[],
  now: Date,
): Amounts {
  const scopes: Scope[] = [
    ...(spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" })),
    ...(spec.scopeSelector?.matchExpressions ?? []),
  ];
  let usage: Amounts = new Map();
  for (const { evaluator, lister } of countables) {
    const matching = names.filter((name) => evaluator.matches(name));
    if (!matching.length) continue;
    usage = addAmounts(usage, new Map(matching.map((name) => [name, amount(0)])));
    if (scopes.length && !evaluator.matchesScope) continue;
    for (const object of lister.byNamespace(metadata.namespace ?? "")) {
      if (scopes.every((scope) => evaluator.matchesScope?.(scope, object)))
        usage = addAmounts(usage, evaluator.usage(object, now));
    }
  }
  return new Map([...usage].filter(([name]) => names.includes(name)));
}
