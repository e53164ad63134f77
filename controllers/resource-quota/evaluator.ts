import { type Amounts, type ApiObject, amount } from "../../client/index.ts";

/** A condition on what a quota counts: `spec.scopes` are conditions with the operator Exists. */
export interface Scope {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** How quotas look at one kind. (apiserver/pkg/quota/v1 Evaluator) */
export interface Evaluator<T extends ApiObject = ApiObject> {
  /** The resources of a quota that this kind uses up. */
  matches(resource: string): boolean;
  /** Absent: a quota with scopes counts none of this kind. */
  matchesScope?(scope: Scope, object: Readonly<T>): boolean;
  usage(object: Readonly<T>, now: Date): Amounts;
  /** Whether a change may give something back. Absent: only deletion does. */
  frees?(object: Readonly<T>, old: Readonly<T>, now: Date): boolean;
}

export const ONE = amount(1);

/** `count/pods`, `count/deployments.apps` */
export const countName = (group: string, resource: string): string =>
  group ? `count/${resource}.${group}` : `count/${resource}`;

/** Whether a name, or the lack of one, is what a scope asks for. */
export function matchesName({ operator, values = [] }: Scope, name: string | undefined): boolean {
  if (operator === "In") return name !== undefined && values.includes(name);
  if (operator === "NotIn") return name === undefined || !values.includes(name);
  return operator === "Exists" ? name !== undefined : name === undefined;
}

/** Kinds that had a name in quotas before all had `count/…`. (pkg/quota/v1/install) */
const ALIASES = ["configmaps", "resourcequotas", "replicationcontrollers", "secrets"];

/** Kinds of which only the number counts. (apiserver/pkg/quota/v1/generic) */
export function objectCountEvaluator(group: string, resource: string): Evaluator {
  const names = [countName(group, resource), ...(group === "" && ALIASES.includes(resource) ? [resource] : [])];
  const usage = new Map(names.map((name) => [name, ONE]));
  return { matches: (name) => usage.has(name), usage: () => usage };
}
