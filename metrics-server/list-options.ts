import { StatusError } from "../client/index.ts";
import type { Selectors } from "./reader.ts";

const NUMBERS = ["limit", "timeoutSeconds"] as const;

/** What the query of a LIST asks for: metrics have no versions and come in one page. @throws StatusError 400 */
export function listOptions(query: URLSearchParams): Selectors {
  for (const name of NUMBERS) {
    const text = query.get(name);
    if (!text || /^[+-]?[0-9]+$/.test(text)) continue;
    throw new StatusError(400, "BadRequest", `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return { labelSelector: query.get("labelSelector") ?? "", fieldSelector: query.get("fieldSelector") ?? "" };
}

/** Whether a LIST asks to be told of changes. Anything but these words is a yes. (apimachinery conversion of bool) */
export const isWatch = (query: URLSearchParams): boolean =>
  query.has("watch") && !["", "0", "false", "False", "FALSE"].includes(query.get("watch") ?? "");
