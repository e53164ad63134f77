import { type FieldError, fieldInvalid } from "../../../meta/field-error.ts";

export type Level = "privileged" | "baseline" | "restricted";

/** A level as of a minor version of Kubernetes 1; Infinity = latest. */
export interface LevelVersion {
  readonly level: Level;
  readonly minor: number;
}

/** What a namespace asks for. (pod-security-admission/api Policy) */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

const LEVELS: readonly string[] = ["privileged", "baseline", "restricted"];
const PREFIX = "pod-security.kubernetes.io/";
const PRIVILEGED: LevelVersion = { level: "privileged", minor: Number.POSITIVE_INFINITY };

type Labels = Readonly<Record<string, string>> | undefined;

/** `baseline:latest` */
export function printLevel({ level, minor }: LevelVersion): string {
  return `${level}:${minor === Number.POSITIVE_INFINITY ? "latest" : `v1.${minor}`}`;
}

/** Negative, zero, positive as `a` is laxer than, the same as, or stricter than `b`. */
export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b);
}

export function sameLevel(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.minor === b.minor;
}

export function isFullyPrivileged({ enforce, audit, warn }: Policy): boolean {
  return [enforce, audit, warn].every(({ level }) => level === "privileged");
}

/**
 * The policy in a namespace's labels. A bad level counts as restricted for enforce, and as privileged for audit and
 * warn; a bad version as latest. Warn follows enforce unless it has a label of its own. (PolicyToEvaluate)
 */
export function policyOf(labels: Labels): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  const enforce = read(labels, "enforce", "restricted", errors);
  const audit = read(labels, "audit", "privileged", errors);
  let warn = read(labels, "warn", "privileged", errors);
  const { hasLevel: follows } = enforce;
  if (!warn.isSet && follows && compareLevels(enforce.level, warn.level) > 0) {
    warn = { ...warn, level: enforce.level, minor: warn.hasVersion ? warn.minor : enforce.minor };
  }
  const plain = ({ level, minor }: LevelVersion) => ({ level, minor });
  return { policy: { enforce: plain(enforce), audit: plain(audit), warn: plain(warn) }, errors };
}

function read(labels: Labels, mode: "enforce" | "audit" | "warn", onError: Level, errors: FieldError[]) {
  const [level, version] = [labels?.[PREFIX + mode], labels?.[`${PREFIX}${mode}-version`]];
  const result = { ...PRIVILEGED, isSet: level !== undefined, hasLevel: false, hasVersion: version !== undefined };
  if (level !== undefined) {
    result.hasLevel = LEVELS.includes(level);
    // The cast: just looked up.
    result.level = result.hasLevel ? (level as Level) : onError;
    if (!result.hasLevel) errors.push(wrong(mode, level, `must be one of ${LEVELS.join(", ")}`));
  }
  if (version !== undefined && version !== "latest") {
    const match = /^v1\.([0-9]|[1-9][0-9]*)$/.exec(version);
    if (match) result.minor = Number(match[1]);
    else errors.push(wrong(`${mode}-version`, version, 'must be "latest" or "v1.x"'));
  }
  return result;
}

function wrong(label: string, value: string, detail: string): FieldError {
  return fieldInvalid(`metadata.labels[${PREFIX}${label}]`, value, detail);
}
