import { forbidden, type StatusError } from "./errors.ts";
import { goQuote } from "./go-quote.ts";

/** What the text tells of a request. */
interface Attributes {
  readonly user: { readonly name: string };
  readonly verb: string;
  readonly resourceRequest: boolean;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
}

/** 403 in upstream's words. (apiserver/pkg/endpoints/handlers/responsewriters/errors.go) */
export function forbiddenTo(attributes: Attributes, reason: string): StatusError {
  const text = escapeHtml(cannot(attributes));
  const { group, resource, name } = attributes;
  return forbidden({ group, resource }, name, reason ? `${text}: ${reason}` : text);
}

function cannot(attributes: Attributes): string {
  const { user, verb, resourceRequest, path, group, resource, subresource, namespace } = attributes;
  const who = `User ${goQuote(user.name)} cannot ${verb}`;
  if (!resourceRequest) return `${who} path ${goQuote(path)}`;
  const what = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace ? `in the namespace ${goQuote(namespace)}` : "at the cluster scope";
  return `${who} resource ${goQuote(what)} in API group ${goQuote(group)} ${where}`;
}

/** As texts about requests are written into pages and Statuses. */
export function escapeHtml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
