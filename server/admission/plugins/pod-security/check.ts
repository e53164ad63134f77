import type { PodSpec } from "../../../../openapi/api/core.v1.ts";
import type { ObjectMeta } from "../../../meta/object.ts";
import type { AnyContainer } from "../../pod-containers.ts";

/** A Pod, or a template of Pods. */
export interface PodParts {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
  /** Init containers, containers, ephemeral containers. */
  readonly containers: readonly AnyContainer[];
}

/** Why a check fails. */
export interface Violation {
  readonly reason: string;
  /** In parentheses after the reason; may be empty. */
  readonly detail: string;
}

/** One rule of the Pod Security Standards. */
export interface Check {
  /** The order of ids is the order of texts. */
  readonly id: string;
  readonly level: "baseline" | "restricted";
  /** How it looks at Pods from which minor version on; the last one that is not newer counts. */
  readonly versions: readonly {
    readonly since: number;
    readonly check: (pod: PodParts) => Violation | undefined;
    /** Baseline checks that this one stands in for. */
    readonly overrides?: readonly string[];
  }[];
}

export function quoteAll(items: readonly string[]): string {
  return items.map((item) => `"${item}"`).join(", ");
}

export function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`;
}

/** `container "a"`, `containers "a", "b"` */
export function named(word: string, names: readonly string[]): string {
  return `${plural(word, names.length)} ${quoteAll(names)}`;
}

/** Who sets something: `pod and containers "a", "b"`. Empty when nobody does. */
export function setters(pod: boolean, containers: readonly string[]): string {
  const parts = [...(pod ? ["pod"] : []), ...(containers.length > 0 ? [named("container", containers)] : [])];
  return parts.join(" and ");
}

export function namesOf(containers: readonly AnyContainer[]): string[] {
  return containers.map(({ name }) => name);
}

/** Sorted, each once. */
export function setOf(items: Iterable<string>): string[] {
  return [...new Set(items)].sort();
}

/** With a user namespace of its own a Pod's root is nobody outside. */
export function hasUserNamespace({ spec }: PodParts): boolean {
  return spec.hostUsers === false;
}

/** Leaves Pods alone that are for Windows. */
export function exceptWindows(check: (pod: PodParts) => Violation | undefined) {
  return (pod: PodParts) => (pod.spec.os?.name === "windows" ? undefined : check(pod));
}

/** Leaves Pods alone that have a user namespace. */
export function exceptUserNamespaces(check: (pod: PodParts) => Violation | undefined) {
  return (pod: PodParts) => (hasUserNamespace(pod) ? undefined : check(pod));
}
