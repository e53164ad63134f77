import { requiredFieldValue } from "../../meta/fields.ts";
import { validatePathSegmentName } from "../../meta/names.ts";
import type { FieldSelector, LabelSelector } from "../../meta/selector.ts";
import type { Kind } from "../kind.ts";
import type { Selectable } from "../store.ts";
import { keyOf, prefixOf, requireStorage } from "./keys.ts";

export interface Selectors {
  readonly namespace: string;
  readonly labelSelector: LabelSelector;
  readonly fieldSelector: FieldSelector;
}

/** Which keys a request is about, and which of their objects it wants. */
export interface Selection {
  readonly prefix: string;
  /** Set when the selectors leave one name. */
  readonly key: string | undefined;
  /** Undefined: all. */
  readonly matches: ((stored: Selectable) => boolean) | undefined;
}

/** (generic/registry/store.go ListPredicate, storage/selection_predicate.go) */
export function selectionOf(kind: Kind, selectors: Selectors): Selection {
  requireStorage(kind);
  const { labelSelector, fieldSelector } = selectors;
  const namespace =
    selectors.namespace || (kind.namespaced ? (requiredFieldValue(fieldSelector, "metadata.namespace") ?? "") : "");
  const prefix = prefixOf(kind, namespace);
  const name = requiredFieldValue(fieldSelector, "metadata.name");
  // What no path can name is looked for among all, and not found.
  const isName = !!name && validatePathSegmentName(name).length === 0;
  const isOne = isName && (namespace !== "" || !kind.namespaced);
  return {
    prefix,
    key: isOne ? keyOf(kind, namespace, name) : undefined,
    matches: matcher(labelSelector, fieldSelector),
  };
}

/** @returns undefined when all are wanted */
export function matcher(labels: LabelSelector, fields: FieldSelector): Selection["matches"] {
  if (labels.empty && fields.empty) return undefined;
  if (fields.empty) return (stored) => labels.matches(stored.labels);
  if (labels.empty) return (stored) => fields.matches(stored.fields);
  return (stored) => fields.matches(stored.fields) && labels.matches(stored.labels);
}
