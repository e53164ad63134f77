import type { ResourceQuota } from "../../../../openapi/api/core.v1.ts";
import { forbidden } from "../../forbidden.ts";
import type { AdmissionAttributes } from "../../plugin.ts";
import {
  type Amounts,
  addAmounts,
  amountsOf,
  exceededAmounts,
  growth,
  maskAmounts,
  negativeAmounts,
  printAmounts,
  withoutZeros,
} from "../../resource-list.ts";
import { type Evaluator, scopesOf } from "./evaluator.ts";

/** A quota while requests are held against it. */
export interface Account {
  readonly quota: Readonly<ResourceQuota>;
  readonly hard: Amounts;
  readonly used: Amounts;
}

export function accountOf(quota: Readonly<ResourceQuota>): Account {
  return { quota, hard: amountsOf(quota.status?.hard), used: amountsOf(quota.status?.used) };
}

/**
 * Holds one request against all quotas of its namespace.
 * @returns the accounts with what is used once the request is through. @throws StatusError 403 (CheckRequest)
 */
export function checkRequest(
  accounts: readonly Account[],
  attributes: AdmissionAttributes,
  evaluator: Evaluator,
  now: Date,
): readonly Account[] {
  const { object, oldObject, operation } = attributes;
  if (!object) return accounts;
  const concerned = accounts.filter((account) => concerns(account, attributes, evaluator));
  const usage = evaluator.usage(object, now);
  const negative = negativeAmounts(usage);
  if (negative.length > 0) {
    throw forbidden(attributes, `quota usage is negative for resource(s): ${negative.sort().join(",")}`);
  }
  if (concerned.length === 0) return accounts;
  // What was counted before counts no more, where this quota counted it.
  const increase = operation === "UPDATE" && oldObject ? growth(usage, evaluator.usage(oldObject, now)) : undefined;
  return accounts.map((account) => {
    if (!concerned.includes(account)) return account;
    const counted = increase && oldObject && isCounted(account, oldObject, evaluator);
    return charge(account, withoutZeros(counted ? increase : usage), attributes);
  });
}

/** Whether the quota counts this object. (generic.Matches) */
function isCounted({ quota, hard }: Account, object: NonNullable<AdmissionAttributes["object"]>, evaluator: Evaluator) {
  if (![...hard.keys()].some((name) => evaluator.matches(name))) return false;
  return scopesOf(quota).every((scope) => evaluator.matchesScope?.(scope, object) ?? false);
}

function concerns(account: Account, attributes: AdmissionAttributes, evaluator: Evaluator): boolean {
  const { object } = attributes;
  if (!object || !isCounted(account, object, evaluator)) return false;
  const name = account.quota.metadata.name ?? "";
  const restricted = [...account.hard.keys()].filter((resource) => evaluator.matches(resource)).sort();
  const problem = evaluator.constraint?.(restricted, object);
  if (problem) throw forbidden(attributes, `failed quota: ${name}: ${problem}`);
  // The controller has not counted yet.
  if (restricted.some((resource) => !account.used.has(resource))) {
    throw forbidden(attributes, `status unknown for quota: ${name}, resources: ${restricted.join(",")}`);
  }
  return true;
}

function charge(account: Account, increase: Amounts, attributes: AdmissionAttributes): Account {
  const { quota, hard, used } = account;
  const requested = maskAmounts(increase, hard.keys());
  if (requested.size === 0) return account;
  const total = addAmounts(used, requested);
  const exceeded = exceededAmounts(maskAmounts(total, requested.keys()), hard);
  // What a controller reports is not refused: it has happened.
  if (exceeded.length > 0 && attributes.subresource !== "status") {
    const print = (amounts: Amounts) => printAmounts(maskAmounts(amounts, exceeded));
    const texts = [`requested: ${print(requested)}`, `used: ${print(used)}`, `limited: ${print(hard)}`];
    throw forbidden(attributes, `exceeded quota: ${quota.metadata.name}, ${texts.join(", ")}`);
  }
  return { quota, hard, used: total };
}
