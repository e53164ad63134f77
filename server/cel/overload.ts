import { type CelType, parseType, splitTypes } from "./types.ts";
import type { Value } from "./values.ts";

/** One signature of a function. A member function is called on its first argument. */
export interface Overload {
  readonly name: string;
  /** As upstream names it; the tables of costs know functions by it. */
  readonly id: string;
  readonly member: boolean;
  readonly args: readonly CelType[];
  readonly result: CelType;
  // Arguments are checked against `args` before the call, so each function may state their types.
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  readonly run: (...args: any[]) => Value;
}

// biome-ignore lint/suspicious/noExplicitAny: see Overload.run.
type Run = (...args: any[]) => Value;

function overload(member: boolean, name: string, id: string, signature: string, run: Run): Overload {
  const [args = "", result = ""] = signature.split("->");
  return { name, id, member, args: splitTypes(args).map(parseType), result: parseType(result.trim()), run };
}
/** A function of its arguments: `free("isURL", "is_url_string", "string -> bool", …)`. */
export const free = (name: string, id: string, signature: string, run: Run) =>
  overload(false, name, id, signature, run);
/** A function called on its first argument. */
export const member = (name: string, id: string, signature: string, run: Run) =>
  overload(true, name, id, signature, run);
