import { badRequest } from "../meta/errors.ts";
import { goQuote } from "../meta/go-quote.ts";
import { queryBool } from "./request-info.ts";

/** Query values as upstream's parameter codec reads them: the first of several counts. */
export function optionalBool(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name);
  return value === null ? undefined : queryBool(value);
}

/** A decimal integer. @throws StatusError 400 in the words of Go's strconv. */
export function optionalInt(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (!/^[-+]?[0-9]+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${goQuote(value)}: invalid syntax`);
  const big = BigInt(value);
  if (BigInt.asIntN(64, big) !== big) {
    throw badRequest(`strconv.ParseInt: parsing ${goQuote(value)}: value out of range`);
  }
  return Number(big);
}
