import { badRequest, invalid } from "../meta/errors.ts";
import { everyField, fieldSelectorOf, parseFieldSelector } from "../meta/fields.ts";
import { goQuote } from "../meta/go-quote.ts";
import { everything, parseLabelSelector } from "../meta/labels.ts";
import { validateListOptions } from "../meta/options.ts";
import type { FieldSelector, LabelSelector } from "../meta/selector.ts";
import type { Kind } from "../registry/kind.ts";
import type { ListRequest } from "../registry/store.ts";
import { optionalBool, optionalInt } from "./query.ts";

/** metav1.ListOptions, checked. */
export interface ListOptions {
  readonly request: ListRequest;
  readonly watch: boolean;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
}

/**
 * @param target.name of a request for one object: list and watch of it, by path or by field selector.
 * @throws StatusError 400, 422
 */
export function listOptions(
  query: URLSearchParams,
  target: { kind: Kind; namespace: string; name: string; watch: boolean },
): ListOptions {
  const { kind, namespace, name } = target;
  // What is a watch by its path alone is checked as the list that its query says it is.
  const says = optionalBool(query, "watch") === true;
  const allowWatchBookmarks = optionalBool(query, "allowWatchBookmarks") === true;
  const resourceVersion = query.get("resourceVersion") ?? "";
  const given = query.get("resourceVersionMatch") ?? "";
  const timeoutSeconds = optionalInt(query, "timeoutSeconds");
  const limit = optionalInt(query, "limit") ?? 0;
  const continueToken = query.get("continue") ?? "";
  let sendInitialEvents = optionalBool(query, "sendInitialEvents");
  // Texts become selectors once the whole query is read.
  const labels = query.get("labelSelector");
  const fields = query.get("fieldSelector");
  const labelSelector: LabelSelector = labels ? orBadRequest(parseLabelSelector, labels) : everything;
  let fieldSelector: FieldSelector = fields ? orBadRequest(parseFieldSelector, fields) : everyField;
  let match = given;
  // A watch from nowhere gets what there is first, as it always did; upstream says so with these two options.
  if (says && sendInitialEvents === undefined && !given && (resourceVersion === "" || resourceVersion === "0")) {
    sendInitialEvents = true;
    match = "NotOlderThan";
  }
  const errors = validateListOptions({
    watch: says,
    resourceVersion,
    resourceVersionMatch: match,
    continue: continueToken,
    sendInitialEvents,
  });
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
  checkFieldLabels(kind, fieldSelector);
  if (name) fieldSelector = withName(fieldSelector, name);
  return {
    request: {
      namespace,
      labelSelector,
      fieldSelector,
      limit: Math.max(limit, 0),
      continue: continueToken,
      resourceVersion,
      resourceVersionMatch: match as ListRequest["resourceVersionMatch"], // checked above
    },
    watch: target.watch || says,
    allowWatchBookmarks,
    sendInitialEvents,
    timeoutSeconds,
  };
}

function orBadRequest<T>(parse: (text: string) => T, text: string): T {
  try {
    return parse(text);
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error));
  }
}

/** Kinds with selectable fields of their own have a conversion function, and with it other words. */
function checkFieldLabels(kind: Kind, selector: FieldSelector): void {
  for (const { field } of selector.requirements) {
    if (field === "metadata.name" || kind.fieldLabels.includes(field)) continue;
    const own = kind.custom || kind.fieldLabels.length > 0;
    // Conversion functions of cluster-scoped kinds do not name the namespace.
    if (field === "metadata.namespace" && !(own && !kind.custom && !kind.namespaced)) continue;
    throw badRequest(unsupportedLabel(kind, field, own));
  }
}

function unsupportedLabel({ kind, group, version }: Kind, field: string, own: boolean): string {
  if (!own) return `${goQuote(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
  if (kind === "Job" && group === "batch") return `field label ${goQuote(field)} not supported for Job`;
  if (kind === "ResourceSlice") return `field label not supported for ${group}/${version}, Kind=${kind}: ${field}`;
  return `field label not supported: ${field}`;
}

function withName(selector: FieldSelector, name: string): FieldSelector {
  if (selector.empty) return fieldSelectorOf([{ field: "metadata.name", operator: "=", value: name }]);
  const selected = selector.requirements.find((r) => r.field === "metadata.name" && r.operator === "=");
  if (selected?.value !== name) throw badRequest("fieldSelector metadata.name doesn't match requested name");
  return selector;
}
