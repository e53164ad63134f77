import { isPrintable as isGoPrintable, goQuote as quote } from "../../openapi/go-quote.ts";

/** Quotes as Go's `%q`, which is how messages quote: like JSON for plain text, unlike it for control characters. */
export const goQuote: (text: string) => string = quote;

/** Says whether Go's unicode.IsPrint holds for one character. */
export const isPrintable: (character: string) => boolean = isGoPrintable;

/** Prints a list of strings as Go's `%v` does: `[a b]`. */
export function goList(values: readonly string[]): string {
  return `[${values.join(" ")}]`;
}
