import type { Schema } from "../../openapi/schema.ts";
import { schemaForKind } from "../../openapi/types.ts";
import { goQuote } from "../meta/go-quote.ts";
import { jsonTypeName } from "../meta/members.ts";
import type { UnstructuredObject } from "../meta/object.ts";
import type { CustomResourceHooks } from "../registry/kind.ts";

/** What a body must be. */
export interface Expected {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: Schema;
  readonly custom: boolean;
  /** Of custom resources: what brings bodies into form. */
  readonly customResource?: CustomResourceHooks;
  /** Former versions, with the same fields, whose bodies are taken as well. */
  readonly acceptedVersions?: readonly string[];
}

export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group ? `${group}/${version}` : version;
}

/** What is wrong with the kind or version that an object names, if anything. */
export type Mistake =
  | { readonly about: "kind"; readonly actual: string; readonly version: string; readonly text: string }
  | { readonly about: "version"; readonly said: string }
  /** It cannot even be read. */
  | { readonly about: "text"; readonly text: string };

export function mistakeOf(
  { kind, apiVersion }: { kind: string; apiVersion: string },
  expected: Expected,
): Mistake | undefined {
  const wanted = apiVersionOf(expected);
  if ((!kind || kind === expected.kind) && expected.acceptedVersions?.includes(apiVersion)) return undefined;
  if ((!kind || kind === expected.kind) && (!apiVersion || apiVersion === wanted)) return undefined;
  if (apiVersion.split("/").length > 2) return { about: "text", text: `unexpected GroupVersion string: ${apiVersion}` };
  const actual = kind || expected.kind;
  const slash = apiVersion.indexOf("/");
  const group = apiVersion ? apiVersion.slice(0, Math.max(slash, 0)) : expected.group;
  const version = apiVersion ? apiVersion.slice(slash + 1) : expected.version;
  if (expected.custom) {
    // A wrong kind is found by validation.
    return apiVersion !== wanted ? { about: "version", said: apiVersion } : undefined;
  }
  if (!isRegistered(group, version, actual)) {
    const said = goQuote(apiVersion || wanted);
    const text = `no kind ${goQuote(actual)} is registered for version ${said} in scheme "pkg/api/legacyscheme/scheme.go:30"`;
    return { about: "kind", actual, version, text };
  }
  // Scales of all groups are one type inside.
  const sameType = actual === "Scale" || internalPackage(group) === internalPackage(expected.group);
  if (actual === expected.kind && sameType) {
    return { about: "version", said: apiVersion };
  }
  const target = `${internalPackage(expected.group)}.${expected.kind}`;
  const text = `converting (${version}.${actual}) to (${target}): unknown conversion`;
  return { about: "kind", actual, version, text };
}

/** Why a patched object is no longer of its kind; undefined when it is. */
export function conversionProblem({ kind = "", apiVersion = "" }: UnstructuredObject, expected: Expected) {
  const mistake = mistakeOf({ kind, apiVersion }, expected);
  return mistake && mistake.about !== "version" ? mistake.text : undefined;
}

/** Why a patched object cannot even be read: upstream looks at its kind before anything else. */
export function kindProblem(value: unknown, expected: Expected): string | undefined {
  if (typeof value !== "object" || value === null) return undefined; // the decoder says it
  const said = { kind: "", apiVersion: "" };
  for (const field of ["apiVersion", "kind"] as const) {
    const found = (value as Record<string, unknown>)[field];
    if (found === undefined || found === null) continue;
    if (typeof found !== "string") {
      const type = jsonTypeName(found);
      return `couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go struct field .${field} of type string`;
    }
    said[field] = found;
  }
  const mistake = said.apiVersion ? mistakeOf(said, expected) : undefined;
  if (!mistake) return undefined;
  if (mistake.about === "version") return oldScaleProblem(value, said.apiVersion);
  return /^(no kind|unexpected) /.test(mistake.text) ? mistake.text : undefined;
}

/** Scales of former versions had a map where autoscaling/v1 has the text of a selector. */
function oldScaleProblem(value: object, apiVersion: string): string | undefined {
  const { kind = "Scale", status } = value as { kind?: string; status?: { selector?: unknown } | null };
  if (kind !== "Scale" || !FORMER.get(apiVersion)?.includes("Scale")) return undefined;
  return typeof status?.selector === "string"
    ? "json: cannot unmarshal string into Go struct field ScaleStatus.status.selector of type map[string]string"
    : undefined;
}

/** Versions that are no longer served, but still known to upstream's scheme. */
const FORMER: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    "apps/v1beta1": ["ControllerRevision", "Deployment", "StatefulSet", "Scale"],
    "apps/v1beta2": ["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet", "Scale"],
    "extensions/v1beta1": ["DaemonSet", "Deployment", "Ingress", "NetworkPolicy", "ReplicaSet", "Scale"],
    "networking.k8s.io/v1beta1": ["Ingress", "IngressClass", "IPAddress", "ServiceCIDR"],
    "policy/v1beta1": ["PodDisruptionBudget", "Eviction"],
    "batch/v1beta1": ["CronJob"],
    "rbac.authorization.k8s.io/v1beta1": ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
    "rbac.authorization.k8s.io/v1alpha1": ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
    "storage.k8s.io/v1beta1": ["CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment"],
    "scheduling.k8s.io/v1beta1": ["PriorityClass"],
    "coordination.k8s.io/v1beta1": ["Lease"],
    "discovery.k8s.io/v1beta1": ["EndpointSlice"],
    "events.k8s.io/v1beta1": ["Event"],
    "node.k8s.io/v1beta1": ["RuntimeClass"],
    "autoscaling/v2beta1": ["HorizontalPodAutoscaler"],
    "autoscaling/v2beta2": ["HorizontalPodAutoscaler"],
  }),
);

function isRegistered(group: string, version: string, kind: string): boolean {
  // Tables and metadata alone are known to those who make them, not to the scheme that reads bodies.
  if (group === "meta.k8s.io") return false;
  return (
    schemaForKind(group, version, kind) !== undefined ||
    (FORMER.get(apiVersionOf({ group, version }))?.includes(kind) ?? false)
  );
}

/** The Go package of the internal type, which conversion errors name. */
export function internalPackage(group: string): string {
  if (!group || group === "events.k8s.io") return "core";
  return group.split(".")[0]!;
}
