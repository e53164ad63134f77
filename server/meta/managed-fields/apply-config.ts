import { badRequest, StatusError } from "../errors.ts";
import { isObject } from "./atom.ts";
import { ConflictError } from "./updater.ts";

/** A body of server-side apply: parsed, not decoded. */
export type ApplyConfig = Readonly<Record<string, unknown>>;

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/**
 * The body must be of the kind and version of the request, and must not say who manages what.
 * Follows managedfields/internal/{versioncheck,structuredmerge}.go.
 * @throws StatusError 400
 */
export function checkConfig(expected: GroupVersionKind, config: ApplyConfig): void {
  const { group, version, kind } = kindOf(config);
  if (group !== expected.group || version !== expected.version || kind !== expected.kind) {
    throw badRequest(`invalid object type: ${group}/${version}, Kind=${kind}`);
  }
  const entries = isObject(config.metadata) ? config.metadata.managedFields : undefined;
  if (Array.isArray(entries) && entries.every(isObject)) throw badRequest("metadata.managedFields must be nil");
}

/** `namespace/name; group/version, Kind=kind`, as errors of merging name an object. */
export function describeObject({ group, version, kind }: GroupVersionKind, object: ApplyConfig): string {
  const metadata = isObject(object.metadata) ? object.metadata : {};
  return `${text(metadata.namespace)}/${text(metadata.name)}; ${group}/${version}, Kind=${kind}`;
}

/** Upstream's plain errors answer 500 without a reason. */
export function plainErrors<T>(prefix: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof StatusError || error instanceof ConflictError) throw error;
    throw new StatusError(500, "", `${prefix}: ${(error as Error).message}`);
  }
}

/** All empty when the version is none. */
function kindOf({ apiVersion, kind }: ApplyConfig): GroupVersionKind {
  const parts = text(apiVersion).split("/");
  if (parts.length > 2) return { group: "", version: "", kind: "" };
  const [group, version] = parts.length === 2 ? [parts[0]!, parts[1]!] : ["", parts[0]!];
  return { group, version, kind: text(kind) };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
