import { LIST_CREATE, REGEX, TRAVERSAL } from "./cost.ts";
import { add, fixed, MAX, multiply, ONE, type Range, scale, UNKNOWN } from "./cost-range.ts";
import type { CelType } from "./types.ts";
import { isInt, type Value } from "./values.ts";

/** An argument as far as it is known before any evaluation. */
export interface Operand {
  readonly type: CelType | undefined;
  /** What it is when written out. */
  readonly literal: Value | undefined;
  /** Undefined where nothing bounds it. */
  readonly size: Range | undefined;
  /** The size of its elements. */
  elementSize(): Range | undefined;
}
export interface CallEstimate {
  /** Without what the arguments cost. */
  readonly cost: Range;
  /** Of the result. */
  readonly size?: Range;
}
type Estimate = (target: Operand | undefined, args: readonly Operand[], id: string) => CallEstimate | undefined;

export const sizeOrUnknown = (operand: Operand | undefined): Range => operand?.size ?? UNKNOWN;
const one: Estimate = () => ({ cost: ONE });
const walk = (operand: Operand | undefined, factor = 1) => scale(sizeOrUnknown(operand), factor * TRAVERSAL);
/** The first argument is read through. */
const ofArgument =
  (factor = 1, keepsSize = false): Estimate =>
  (_, [argument]) =>
    argument && { cost: walk(argument, factor), ...(keepsSize && { size: sizeOrUnknown(argument) }) };
const ofTarget: Estimate = (target) => target && { cost: walk(target), size: sizeOrUnknown(target) };

/** Kinds whose comparison means reading them. */
const isText = ({ kind }: CelType) => kind === "string" || kind === "bytes";
const elements: Estimate = (target) => {
  if (!target) return undefined;
  const element = target.type?.params[0];
  if (!element) return { cost: walk(target) };
  const each = isText(element) ? add(ONE, scale(target.elementSize() ?? UNKNOWN, TRAVERSAL)) : ONE;
  return { cost: multiply(sizeOrUnknown(target), each) };
};

const pattern = (text: Range, regex: Range) => multiply(scale(add(text, ONE), TRAVERSAL), scale(regex, REGEX));
const find: Estimate = (target, [regex]) =>
  target &&
  regex && {
    cost: pattern(sizeOrUnknown(target), sizeOrUnknown(regex)),
    size: { min: 0, max: sizeOrUnknown(target).max },
  };

const replace: Estimate = (target, [from, to]) => {
  if (!target || !from || !to) return undefined;
  const text = sizeOrUnknown(target);
  const [old, next] = [sizeOrUnknown(from), sizeOrUnknown(to)];
  // An empty text to replace stands around every character. Otherwise what gets longer counts by how often it fits.
  const most =
    old.min === 0
      ? { count: Math.min(text.max + 1, MAX), kept: text.max }
      : next.max <= old.min
        ? { count: 0, kept: text.max }
        : { count: Math.ceil(text.max / old.min), kept: 0 };
  const least =
    old.max === 0
      ? { count: Math.min(text.min + 1, MAX), kept: text.min }
      : old.max <= next.min
        ? { count: 0, kept: text.min }
        : { count: Math.ceil(text.min / old.max), kept: 0 };
  const grown = multiply({ min: least.count, max: most.count }, next);
  return { cost: walk(target, 2), size: add(grown, { min: least.kept, max: most.kept }) };
};

const split: Estimate = (target, [, limit]) => {
  if (!target) return undefined;
  const parts = limit?.literal;
  const max = isInt(parts) ? (parts < 0 ? MAX : Number(parts)) : sizeOrUnknown(target).max;
  return { cost: walk(target, 2), size: { min: 0, max } };
};

const join: Estimate = (target, [separator]) => {
  if (!target) return undefined;
  const list = sizeOrUnknown(target);
  const texts = target.type?.params[0] ? multiply(list, target.elementSize() ?? UNKNOWN) : fixed(0);
  const between = { min: Math.max(list.min - 1, 0), max: Math.max(list.max - 1, 0) };
  const size = separator ? add(texts, multiply(sizeOrUnknown(separator), between)) : texts;
  return { cost: scale(size, TRAVERSAL), size };
};

/** Addresses have 4 or 16 bytes. */
const BYTES: Range = { min: 4, max: 16 };
const contains =
  (more: Range): Estimate =>
  (_, [other], id) => {
    const compared = add(scale(add(BYTES, BYTES), TRAVERSAL), more);
    return { cost: other && id.endsWith("_string") ? add(compared, walk(other)) : compared };
  };

/** Formats are taken for patterns of this length. */
const FORMAT_PATTERN = 128;
const FORMAT_SIZE = 64;
const UNIT_EQUALITY = new Set(["net.IP", "net.CIDR", "kubernetes.Quantity", "kubernetes.Semver"]);
const equality: Estimate = (_, [a, b]) => {
  const name = a?.type?.kind === "opaque" && a.type.name === b?.type?.name ? a.type.name : "";
  if (UNIT_EQUALITY.has(name) || name.startsWith("kubernetes.authorization.")) return { cost: ONE };
  if (name === "kubernetes.NamedFormat") return { cost: scale({ min: 1, max: FORMAT_SIZE }, TRAVERSAL) };
  if (name !== "kubernetes.URL") return undefined;
  return { cost: scale({ min: 1, max: b?.size?.max ?? 1 }, TRAVERSAL) };
};

/** A list of requirements, of which the shortest has two characters. */
const selector: Estimate = (_, [text]) => {
  if (!text) return undefined;
  const size = sizeOrUnknown(text);
  return { cost: add(add(fixed(10), scale(size, TRAVERSAL)), scale(scale(size, 0.5), 50)) };
};

const all = (names: string, estimate: Estimate) => names.split(" ").map((name) => [name, estimate] as const);

/** Kubernetes' own, by name of the function. (apiserver/pkg/cel/library/cost.go EstimateCallCost) */
const BY_NAME: ReadonlyMap<string, Estimate> = new Map<string, Estimate>([
  ["check", () => ({ cost: fixed(350_000) })],
  ...all("serviceAccount path group resource subresource namespace name allowed reason error errored", one),
  ...all("fieldSelector labelSelector", selector),
  ...all("isSorted sum max min indexOf lastIndexOf", elements),
  ...all("url jsonpatch.escapeKey", ofArgument(1, true)),
  ...all("lowerAscii upperAscii substring trim", ofTarget),
  ["replace", replace],
  ["split", split],
  ["join", join],
  ...all("find findAll", find),
  ...all("cidr isIP isCIDR quantity isQuantity semver isSemver", ofArgument()),
  ["ip", (target, args, id) => (id === "cidr_ip" ? { cost: ONE } : ofArgument()(target, args, id))],
  ["ip.isCanonical", ofArgument(2)],
  ...all("masked prefixLength family isUnspecified isLoopback", one),
  ...all("isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast", one),
  ["containsIP", contains(fixed(0))],
  ["containsCIDR", contains(add(scale(BYTES, TRAVERSAL), ONE))],
  ["validate", (_, [text]) => text && { cost: scale(walk(text), FORMAT_PATTERN * REGEX) }],
  ["format.named", one],
  ...all("sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub", one),
  ...all("major minor patch getScheme getHostname getHost getPort getEscapedPath getQuery", one),
  ["_==_", equality],
]);

const comparison: Estimate = (_, [a, b]) => {
  const max = Math.min(sizeOrUnknown(a).max, sizeOrUnknown(b).max);
  return { cost: scale({ min: max > 0 ? 1 : 0, max }, TRAVERSAL) };
};
const concatenation: Estimate = (_, [a, b]) => {
  const size = add(sizeOrUnknown(a), sizeOrUnknown(b));
  return { cost: scale(size, TRAVERSAL), size };
};

/** A new list, whose elements cost a factor each. (cel-go/ext/lists.go) */
const making = (factor: number, size: Range): CallEstimate => ({
  cost: add(scale(size, factor), fixed(1 + LIST_CREATE)),
  size,
});
const literalOr = (operand: Operand | undefined, otherwise: number): number => {
  const value = operand?.literal;
  return isInt(value) ? Math.max(0, Number(value)) : otherwise;
};
/** Every element against every other. */
const pairs = (list: Operand | undefined, factor: number) =>
  making(factor, multiply(sizeOrUnknown(list), sizeOrUnknown(list)));
const sorting = (list: Operand | undefined, id: string) =>
  pairs(list, /^list_(?:string|bytes)_/.test(id) ? 2 + TRAVERSAL : 2);
const sets =
  (factor: number): Estimate =>
  (_, [a, b]) => ({ cost: add(scale(multiply(sizeOrUnknown(a), sizeOrUnknown(b)), factor), ONE) });
const slice: Estimate = (list, [start, end]) => {
  const length = literalOr(end, sizeOrUnknown(list).max) - literalOr(start, 0);
  return making(1, fixed(length < 0 ? MAX : length));
};

/** The language's own and its extensions', by overload. (cel-go/checker/cost.go functionCost, ext/{lists,sets}.go) */
const BY_ID: ReadonlyMap<string, Estimate> = new Map<string, Estimate>([
  ["string_format", (target) => target && { cost: walk(target) }],
  [
    "string_to_bytes",
    (_, [text]) => ({ cost: walk(text), size: multiply(sizeOrUnknown(text), fixed(4)) }), // UTF-8
  ],
  [
    "bytes_to_string",
    (_, [bytes]) => ({
      cost: walk(bytes),
      size: { min: Math.floor(sizeOrUnknown(bytes).min / 4), max: sizeOrUnknown(bytes).max },
    }),
  ],
  [
    "strings_quote",
    (_, [text]) => {
      const { min, max } = sizeOrUnknown(text);
      // What has no bound wraps around to nothing upstream.
      return { cost: walk(text), size: { min: min + 2, max: max >= MAX ? 0 : max * 2 + 2 } };
    },
  ],
  ...all("starts_with_string ends_with_string", (_, [part]) => ({ cost: walk(part) })),
  ["in_list", (_, [, list]) => ({ cost: sizeOrUnknown(list) })],
  [
    "matches_string",
    (target, [regex]) => target && regex && { cost: pattern(sizeOrUnknown(target), sizeOrUnknown(regex)) },
  ],
  ["contains_string", (target, [part]) => target && { cost: multiply(walk(target), walk(part)) }],
  ...all("add_string add_bytes", concatenation),
  ["add_list", (_, [a, b]) => ({ cost: ONE, size: add(sizeOrUnknown(a), sizeOrUnknown(b)) })],
  ...all(
    "less_string greater_string less_equals_string greater_equals_string less_bytes greater_bytes less_equals_bytes greater_equals_bytes equals not_equals",
    comparison,
  ),
  ["list_slice", slice],
  ...all("list_flatten list_flatten_int", (list, [depth]) =>
    making(depth ? literalOr(depth, MAX) : 1, sizeOrUnknown(list)),
  ),
  ["lists_range", (_, [count]) => making(1, fixed(literalOr(count, MAX)))],
  ["list_reverse", (list) => making(1, sizeOrUnknown(list))],
  ["list_distinct", (list) => pairs(list, 2)],
  ...all("list_sets_contains_list list_sets_intersects_list", sets(1)),
  ["list_sets_equivalent_list", sets(2)],
]);

/** What a call of that overload costs at most, and the size of its result. */
export function estimateCall(
  name: string,
  id: string,
  target: Operand | undefined,
  args: readonly Operand[],
): CallEstimate {
  if (name === "sort") return sorting(target, id);
  if (name === "@sortByAssociatedKeys") return sorting(args[0], id);
  return BY_NAME.get(name)?.(target, args, id) ?? BY_ID.get(id)?.(target, args, id) ?? { cost: ONE };
}
