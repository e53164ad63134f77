import type { KubeObject } from "../object.ts";
import { isObject } from "./atom.ts";
import { goJson } from "./path-element.ts";

/** Where kubectl's client-side apply keeps what it applied. */
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/** Only kubectl's own field manager upgrades from client-side apply. */
export const KUBECTL = "kubectl";

export function lastAppliedOf(object: KubeObject): string {
  return object.metadata.annotations?.[LAST_APPLIED] ?? "";
}

/**
 * Keeps the annotation of client-side apply up to date with a server-side apply, so that users may go back.
 * Follows managedfields/internal/{lastapplied,lastappliedupdater}.go.
 */
export function withLastApplied<T extends KubeObject>(object: T, applied: Record<string, unknown>): T {
  const annotations = { ...object.metadata.annotations, [LAST_APPLIED]: printApplied(applied) };
  const bytes = Object.entries(annotations).reduce((sum, entry) => sum + Buffer.byteLength(entry.join("")), 0);
  if (bytes > MAX_ANNOTATIONS_BYTES) Reflect.deleteProperty(annotations, LAST_APPLIED);
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** As Go's encoder writes an unstructured object: keys sorted, a newline at the end. */
function printApplied(applied: Record<string, unknown>): string {
  const { metadata } = applied;
  if (!isObject(metadata) || !isObject(metadata.annotations)) return `${sortedJson(applied)}\n`;
  const { [LAST_APPLIED]: _, ...annotations } = metadata.annotations;
  return `${sortedJson({ ...applied, metadata: { ...metadata, annotations } })}\n`;
}

function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(",")}]`;
  if (!isObject(value)) return goJson(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${goJson(key)}:${sortedJson(value[key])}`);
  return `{${members.join(",")}}`;
}
