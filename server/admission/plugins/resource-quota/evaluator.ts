import type { ResourceQuota } from "../../../../openapi/api/core.v1.ts";
import type { KubeObject } from "../../../meta/object.ts";
import { quantityOf } from "../../../meta/quantity.ts";
import type { AdmissionAttributes } from "../../plugin.ts";
import type { Amounts } from "../../resource-list.ts";

/** A condition on what a quota counts: `spec.scopes` are conditions with the operator Exists. */
export interface Scope {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** How quotas look at one kind. (apiserver/pkg/quota/v1 Evaluator) */
export interface Evaluator<T extends KubeObject = KubeObject> {
  /** Whether the request may change what is used. */
  handles(attributes: AdmissionAttributes<T>): boolean;
  /** The resources of a quota that this kind uses up. */
  matches(resource: string): boolean;
  matchesScope?(scope: Scope, object: T): boolean;
  /** What the object must say for these resources to be counted. @returns a text when it does not */
  constraint?(resources: readonly string[], object: T): string | undefined;
  usage(object: T, now: Date): Amounts;
}

export const ONE = quantityOf(1);

/** `count/pods`, `count/deployments.apps` */
export function countName(group: string, resource: string): string {
  return group ? `count/${resource}.${group}` : `count/${resource}`;
}

export function scopesOf({ spec }: Readonly<ResourceQuota>): readonly Scope[] {
  const scopes = (spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" }));
  return [...scopes, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

/** Whether a name, or the lack of one, is what a scope asks for. */
export function matchesName({ operator, values = [] }: Scope, name: string | undefined): boolean {
  switch (operator) {
    case "In":
      return name !== undefined && values.includes(name);
    case "NotIn":
      return name === undefined || !values.includes(name);
    case "Exists":
      return name !== undefined;
    default:
      return name === undefined;
  }
}

/** Kinds of which only the number counts. (apiserver/pkg/quota/v1/generic) */
export function objectCountEvaluator(group: string, resource: string, alias: string | undefined): Evaluator {
  const names = alias ? [countName(group, resource), alias] : [countName(group, resource)];
  const usage = new Map(names.map((name) => [name, ONE]));
  return {
    handles: ({ subresource, operation }) => subresource === "" && operation === "CREATE",
    matches: (name) => usage.has(name),
    usage: () => usage,
  };
}
