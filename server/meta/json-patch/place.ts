import { goQuote } from "../go-quote.ts";
import { getMember, type Members, setMember } from "../members.ts";
import { JsonPatchError, missing } from "./operation.ts";

/** What a pointer goes through. */
export type Container = Members | unknown[];

/** Where the last token of a pointer points: a member that may be absent, an index that may be none. */
export interface Place {
  container: Container;
  key: string;
}

/** `~1` and `~0` of RFC 6901, each read once. */
export function decodeToken(token: string): string {
  return token.replace(/~[01]/g, (code) => (code === "~1" ? "/" : "~"));
}

/** @throws JsonPatchError for an index outside */
export function read({ container, key }: Place): unknown {
  if (!Array.isArray(container)) return getMember(container, key);
  return container[indexOrThrow(container, key)];
}

/** @throws JsonPatchError for an index outside */
export function insert({ container, key }: Place, value: unknown): void {
  if (!Array.isArray(container)) setMember(container, key, value);
  else if (key === "-") container.push(value);
  else {
    const index = integerOf(key);
    if (index === undefined)
      throw new JsonPatchError(`value was not a proper array index: '${key}': ${notANumber(key)}`);
    // A negative index counts from behind the place that the new element takes.
    const length = container.length + 1;
    if (index >= length || index < -length) throw outOfRange(index);
    container.splice(index < 0 ? index + length : index, 0, value);
  }
}

/** @throws JsonPatchError when nothing is there */
export function remove({ container, key }: Place): void {
  if (Array.isArray(container)) container.splice(indexOrThrow(container, key), 1);
  else if (Object.hasOwn(container, key)) delete container[key];
  else throw missing(`Unable to remove nonexistent key: ${key}`);
}

function indexOrThrow(list: readonly unknown[], key: string): number {
  const index = existingIndex(list, key);
  if (typeof index === "string") throw new JsonPatchError(index);
  return index;
}

/** @returns the index, or what is wrong with it */
export function existingIndex(list: readonly unknown[], key: string): number | string {
  const index = integerOf(key);
  if (index === undefined) return notANumber(key);
  if (index >= list.length || index < -list.length) return outOfRange(index).message;
  return index < 0 ? index + list.length : index;
}

function integerOf(key: string): number | undefined {
  return /^[+-]?[0-9]+$/.test(key) ? Number(key) : undefined;
}

function notANumber(key: string): string {
  return `strconv.Atoi: parsing ${goQuote(key)}: invalid syntax`;
}

function outOfRange(index: number): JsonPatchError {
  return new JsonPatchError(`Unable to access invalid index: ${index}: invalid index referenced`);
}
