import { exactEqual, semanticEqual } from "../meta/equality.ts";
import { type FieldError, fieldInvalid } from "../meta/field-error.ts";
import type { KubeObject, UnstructuredObject } from "../meta/object.ts";
import type { Subresource } from "./kind.ts";
import { scaleColumns } from "./scale-columns.ts";

/** What a generic kind looks like to its subresources. */
interface Workload extends KubeObject {
  spec?: { replicas?: number; selector?: { matchLabels?: Record<string, string> } | Record<string, string> };
  status?: { replicas?: number };
}

/** autoscaling/v1 Scale, as far as it is read here. */
interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas?: number; selector?: string };
}

export interface StatusOptions {
  /** Metadata that a status update leaves as it was. Kinds differ; see each strategy upstream. */
  readonly keep?: readonly ("labels" | "annotations" | "ownerReferences" | "finalizers")[];
}

/** The `status` subresource: everything but status (and metadata that the kind lets pass) stays as it was. */
export function status<T extends KubeObject>({
  keep = [],
}: StatusOptions = {}): Pick<Subresource<T>, "prepareForUpdate"> {
  return {
    prepareForUpdate(object, old) {
      // The casts: generic over kinds, whose other fields are looked at by name only.
      const next = object as unknown as UnstructuredObject;
      const previous = old as unknown as UnstructuredObject;
      for (const field of new Set([...Object.keys(next), ...Object.keys(previous)])) {
        if (field === "status" || field === "metadata" || field === "kind" || field === "apiVersion") continue;
        restore(next, previous, field);
      }
      const metadata = next.metadata as unknown as Record<string, unknown>;
      for (const field of keep) restore(metadata, previous.metadata as unknown as Record<string, unknown>, field);
    },
  };
}

/** Puts back one field of the old object. */
export function restore(object: object, old: object, field: string): void {
  // The casts: plain JSON objects, by name.
  const to = object as Record<string, unknown>;
  const value = (old as Record<string, unknown>)[field];
  if (value === undefined) delete to[field];
  else to[field] = value;
}

/**
 * The main resource of a kind with status: status belongs to the status subresource, and a changed spec is a new
 * generation. What most strategies upstream do, and what kinds without a definition of their own get.
 */
export const withStatus = {
  prepareForCreate(object: KubeObject): void {
    delete (object as UnstructuredObject).status;
    object.metadata.generation = 1;
  },
  prepareForUpdate(object: KubeObject, old: KubeObject): void {
    restore(object, old, "status");
    bumpGeneration(object, old);
  },
};

/** A new generation when anything outside metadata and status differs. */
export function bumpGeneration(object: KubeObject, old: KubeObject): void {
  const wish = ({ metadata, status, ...rest }: UnstructuredObject) => rest;
  if (semanticEqual(wish(object as UnstructuredObject), wish(old as UnstructuredObject))) return;
  object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

/** The same for the few kinds whose empty lists and maps count as a change there, although they are not kept. */
export function bumpGenerationExactly(object: KubeObject, old: KubeObject): void {
  const wish = ({ metadata, status, kind, apiVersion, ...rest }: UnstructuredObject) => rest;
  if (exactEqual(wish(object as UnstructuredObject), wish(old as UnstructuredObject))) return;
  object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

/** The `scale` subresource of a workload. (pkg/registry/apps/deployment/storage ScaleREST) */
export function scale(): Pick<Subresource<KubeObject>, "kind" | "columns" | "read" | "write" | "validateUpdate"> {
  return {
    columns: scaleColumns,
    kind: { group: "autoscaling", version: "v1", kind: "Scale" },
    read(object) {
      const { metadata, spec, status: current } = object as Workload;
      const selector = selectorText(spec?.selector);
      const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
      return {
        kind: "Scale",
        apiVersion: "autoscaling/v1",
        metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
        spec: { ...(spec?.replicas && { replicas: spec.replicas }) },
        status: { replicas: current?.replicas ?? 0, ...(selector && { selector }) },
      } as Scale;
    },
    write(subresource, object) {
      const workload = object as Workload;
      workload.spec = { ...workload.spec, replicas: (subresource as Scale).spec?.replicas ?? 0 };
    },
  };
}

/** (pkg/apis/autoscaling/validation ValidateScale) */
export function validateScale(object: KubeObject): readonly FieldError[] {
  const replicas = (object as Scale).spec?.replicas ?? 0;
  return replicas < 0 ? [fieldInvalid("spec.replicas", replicas, "must be greater than or equal to 0")] : [];
}

function selectorText(selector: NonNullable<Workload["spec"]>["selector"]): string {
  if (!selector) return "";
  const isLabelSelector = "matchLabels" in selector || "matchExpressions" in selector;
  // The casts follow from the check: a ReplicationController's selector is a plain map.
  const expressions = isLabelSelector ? ((selector as { matchExpressions?: Expression[] }).matchExpressions ?? []) : [];
  const labels = (isLabelSelector ? (selector as { matchLabels?: object }).matchLabels : selector) ?? {};
  const requirements = [
    ...Object.entries(labels).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...expressions.map((expression) => ({ key: expression.key, text: expressionText(expression) })),
  ];
  return requirements
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ text }) => text)
    .join(",");
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

function expressionText({ key, operator, values = [] }: Expression): string {
  const list = `(${[...values].sort().join(",")})`;
  switch (operator) {
    case "In":
      return `${key} in ${list}`;
    case "NotIn":
      return `${key} notin ${list}`;
    case "DoesNotExist":
      return `!${key}`;
    default:
      return key;
  }
}
