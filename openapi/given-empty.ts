/**
 * Lists, maps and bytes that a body gives as empty. Go keeps `[]` apart from nothing while a request is under way and
 * prints neither; here objects are without both, so that absence is all that a check must look for. What was given is
 * remembered beside the fields, under a symbol that a spread takes along and that JSON and loops over keys never see.
 */
const GIVEN_EMPTY = Symbol("given empty");

/** What a field may be given as. */
type Empty = readonly [] | Readonly<Record<string, never>> | "";

interface Remembering {
  [GIVEN_EMPTY]?: Readonly<Record<string, Empty>>;
}

const NONE = {};

/** Notes that an object was given a field as empty. */
export function rememberEmpty(object: object, field: string, value: Empty): void {
  const own = object as Remembering; // any object may carry it
  own[GIVEN_EMPTY] = { ...own[GIVEN_EMPTY], [field]: value };
}

/** Notes on an object as a whole that something in it was given as empty. */
export function markGivenEmpty(object: object): void {
  (object as Remembering)[GIVEN_EMPTY] ??= NONE;
}

/** Whether anything in a decoded object was given as empty. To be asked of what `decodeJson` and its like returned. */
export function hasGivenEmpty(object: object): boolean {
  return (object as Remembering)[GIVEN_EMPTY] !== undefined;
}

/** A list, map or bytes as Go has it: `[]`, `{}` or `""` when it was given so; undefined for what Go has as nil. */
export function orEmpty<T extends object, K extends keyof T & string>(object: T, field: K): T[K] {
  return object[field] ?? ((object as Remembering)[GIVEN_EMPTY]?.[field] as T[K]); // an empty one of the field's type
}

/** Whether a list, map or bytes is there for Go, empty or not. */
export function isGiven<T extends object>(object: T | undefined, field: keyof T & string): boolean {
  return object !== undefined && orEmpty(object, field) !== undefined;
}

/** The fields that an object was given as empty. */
export function emptyFields(object: object): string[] {
  return Object.keys((object as Remembering)[GIVEN_EMPTY] ?? NONE).filter((field) => !(field in object));
}

/** Sets a field to nothing, not even an empty one. */
export function clearField<T extends object>(object: T, field: keyof T & string): void {
  delete object[field];
  const own = object as Remembering;
  if (own[GIVEN_EMPTY]?.[field] === undefined) return;
  const { [field]: _cleared, ...others } = own[GIVEN_EMPTY];
  own[GIVEN_EMPTY] = others;
}

/** Takes along what is remembered of an object; what is in it has memories of its own. */
export function copyGivenEmpty(from: object, to: object): void {
  const given = (from as Remembering)[GIVEN_EMPTY];
  if (given !== undefined) (to as Remembering)[GIVEN_EMPTY] = given;
}

/** Whether two objects were given the same of their own fields as empty, apart from those that have a value now. */
export function givenAlike(a: object, b: object): boolean {
  const [left, right] = [(a as Remembering)[GIVEN_EMPTY], (b as Remembering)[GIVEN_EMPTY]];
  if (left === right) return true;
  return isWithin(left, a, right) && isWithin(right, b, left);
}

function isWithin(given: Remembering[typeof GIVEN_EMPTY], object: object, other: Remembering[typeof GIVEN_EMPTY]) {
  for (const field in given) if (!(field in object) && other?.[field] === undefined) return false;
  return true;
}
