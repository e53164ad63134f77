/** What conditions of all kinds share. */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export function findCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function withoutCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}

/**
 * Replaces a condition, at the end of the list, unless its status and reason are as they were. The time of transition
 * is kept while the status stays. (Set…Condition of the apps controllers)
 */
export function withCondition<C extends Condition>(conditions: readonly C[] | undefined, condition: C): C[] {
  const old = findCondition(conditions, condition.type);
  if (old && old.status === condition.status && old.reason === condition.reason) return [...(conditions ?? [])];
  const since = old?.status === condition.status ? { lastTransitionTime: old.lastTransitionTime } : {};
  return [...withoutCondition(conditions, condition.type), { ...condition, ...since }];
}

/**
 * Puts a condition in the place of the one of its type, else at the end. The time of transition is kept while the status
 * stays; all else is as told. (apimachinery/pkg/api/meta SetStatusCondition)
 */
export function withStatusCondition<C extends Condition>(conditions: readonly C[] | undefined, condition: C): C[] {
  const old = findCondition(conditions, condition.type);
  const since = old?.status === condition.status ? { lastTransitionTime: old.lastTransitionTime } : {};
  const next = { ...condition, ...since };
  return old ? (conditions ?? []).map((one) => (one === old ? next : one)) : [...(conditions ?? []), next];
}
