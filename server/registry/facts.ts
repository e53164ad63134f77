import { readFacts } from "../../openapi/types.ts";
import type { NameRule } from "./kind.ts";

/** A subresource as discovery shows it. */
export interface SubresourceFacts {
  readonly kind: string;
  readonly verbs: string;
  readonly kindGroupVersion?: string;
}

/** One resource of one served version. */
export interface ResourceFacts {
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  /** Separated by blanks. */
  readonly verbs: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly hash?: string;
  /** Absent: never stored. */
  readonly prefix?: string;
  readonly subresources?: Readonly<Record<string, SubresourceFacts>>;
}

/**
 * Name, type, format, priority, and what it shows: `=words`, or the field whose text says it, such as
 * `core.v1.PodSpec.nodeName`. Absent: what columns of that name show everywhere, or nothing.
 */
export type ColumnFacts = readonly [
  string,
  "string" | "integer" | "number" | "boolean" | "date",
  string,
  number,
  string?,
];

interface ResourcesFile {
  readonly groupOrder: readonly string[];
  readonly versions: Readonly<Record<string, Readonly<Record<string, ResourceFacts>>>>;
}

/** Keys are `group/version` or `v1`, and `group/version/resource`. The casts are of our own files (openapi/facts). */
export const resourceFacts = readFacts("resources") as ResourcesFile;
export const nameRuleFacts = readFacts("name-rules") as Readonly<Record<string, NameRule>>;
const fieldLabelFacts = readFacts("field-labels") as Readonly<Record<string, readonly string[]>>;
let columns: Readonly<Record<string, readonly ColumnFacts[]>> | undefined;

/** Columns of `kubectl get` for `group/version/resource`. Read when first asked for. */
export function columnFacts(key: string): readonly ColumnFacts[] | undefined {
  columns ??= readFacts("columns") as Readonly<Record<string, readonly ColumnFacts[]>>;
  return columns[key];
}

/** Labels that field selectors of `group/version/resource` may use besides metadata.name and metadata.namespace. */
export function fieldLabelsOf(key: string): readonly string[] {
  return fieldLabelFacts[key] ?? [];
}
