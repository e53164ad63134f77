import type { PodSpec } from "../../../../openapi/api/core.v1.ts";
import type { ObjectMeta } from "../../../meta/object.ts";
import { allContainers } from "../../pod-containers.ts";
import { baselineChecks } from "./baseline.ts";
import type { Check, PodParts, Violation } from "./check.ts";
import type { LevelVersion } from "./policy.ts";
import { restrictedChecks } from "./restricted.ts";

type CheckPod = (pod: PodParts) => Violation | undefined;

/** The newest version in which a check changed: later ones and "latest" are like it. */
const NEWEST = Math.max(
  ...[...baselineChecks, ...restrictedChecks].flatMap(({ versions }) => versions.map((v) => v.since)),
);

/** What each level of each version asks for; found out when first needed. */
const CHECKS = new Map<string, readonly CheckPod[]>();

/** All that a Pod does against a level, baseline first. (pod-security-admission/policy registry) */
export function evaluate(at: LevelVersion, metadata: ObjectMeta, spec: PodSpec): readonly Violation[] {
  if (at.level === "privileged") return [];
  const pod = { metadata, spec, containers: allContainers(spec) };
  return checksOf(at.level, Math.min(at.minor, NEWEST)).flatMap((check) => check(pod) ?? []);
}

function checksOf(level: "baseline" | "restricted", minor: number): readonly CheckPod[] {
  const key = `${level} ${minor}`;
  let checks = CHECKS.get(key);
  if (!checks) {
    const ordered = [byId(baselineChecks), level === "restricted" ? byId(restrictedChecks) : []].flat();
    const active = ordered.flatMap(({ id, versions }) => {
      const version = versions.findLast(({ since }) => since <= minor);
      return version ? [{ id, ...version }] : [];
    });
    const overridden = new Set(active.flatMap(({ overrides }) => overrides ?? []));
    checks = active.filter(({ id }) => !overridden.has(id)).map(({ check }) => check);
    CHECKS.set(key, checks);
  }
  return checks;
}

function byId(checks: readonly Check[]): Check[] {
  return checks.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** `privileged (container "c" must not …), hostPort (…)` */
export function printDetails(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(", ");
}

/** `privileged, hostPort` */
export function printReasons(violations: readonly Violation[]): string {
  return violations.map(({ reason }) => reason).join(", ");
}
