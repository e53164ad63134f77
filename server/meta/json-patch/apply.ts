import { encodeRaw } from "../../../openapi/encode.ts";
import { NumberText } from "../../../openapi/exact-json.ts";
import { getMember, isMembers, type Members, setMember, sortedMembers } from "../members.ts";
import { fromOf, JsonPatchError, type JsonPatchOperation, missing, pathOf, textOf, within } from "./operation.ts";
import { type Container, decodeToken, existingIndex, insert, type Place, read, remove } from "./place.ts";

/** What all "copy" operations of one patch may add, in bytes of JSON. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/**
 * Applies the operations as evanphx/json-patch v4 does, which is laxer than RFC 6902: "replace" of an absent member
 * adds it, "test" of an absent member for null holds, indices may be negative. The document is not changed; untouched
 * parts are shared with the result. Objects on the way have their keys sorted, which shows in errors that print them.
 *
 * @throws JsonPatchError
 */
export function applyJsonPatch(document: Readonly<Members>, operations: readonly JsonPatchOperation[]): unknown {
  const target = new Target(document);
  for (const operation of operations) target.apply(operation);
  return target.result();
}

class Target {
  #root: Container;
  /** Containers made here, so free to change. */
  readonly #own = new Set<unknown>();
  #copiedBytes = 0;

  constructor(document: Readonly<Members>) {
    this.#root = this.#copy(document);
  }

  result(): unknown {
    return this.#sorted(this.#root);
  }

  apply(operation: JsonPatchOperation): void {
    const kind = textOf(operation, "op") ?? "unknown";
    switch (kind) {
      case "add":
        return this.#add(operation);
      case "remove":
        return this.#remove(operation);
      case "replace":
        return this.#replace(operation);
      case "move":
        return this.#move(operation);
      case "test":
        return this.#test(operation);
      case "copy":
        return this.#copyTo(operation);
      default:
        throw new JsonPatchError(`Unexpected kind: ${kind}`);
    }
  }

  #add(operation: JsonPatchOperation): void {
    const path = textOf(operation, "path");
    if (path === undefined) throw missing("add operation failed to decode path");
    const place = this.#find(path);
    if (!place) throw missing(`add operation does not apply: doc is missing path: "${path}"`);
    within(`error in add for path: '${path}'`, () => insert(place, getMember(operation, "value") ?? null));
  }

  #remove(operation: JsonPatchOperation): void {
    const path = textOf(operation, "path");
    if (path === undefined) throw missing("remove operation failed to decode path");
    const place = this.#find(path);
    if (!place) throw missing(`remove operation does not apply: doc is missing path: "${path}"`);
    within(`error in remove for path: '${path}'`, () => remove(place));
  }

  #replace(operation: JsonPatchOperation): void {
    const path = pathOf(operation, "replace");
    const value = getMember(operation, "value") ?? null;
    if (path === "") {
      if (typeof value !== "object" || value === null) {
        throw new JsonPatchError("replace operation value must be object or array");
      }
      this.#root = this.#copy(value);
      return;
    }
    const place = this.#find(path);
    if (!place) throw missing(`replace operation does not apply: doc is missing path: ${path}`);
    const { container, key } = place;
    if (!Array.isArray(container)) setMember(container, key, value);
    else {
      const index = existingIndex(container, key);
      if (typeof index === "string") throw missing(`replace operation does not apply: doc is missing key: ${path}`);
      container[index] = value;
    }
  }

  #move(operation: JsonPatchOperation): void {
    const from = fromOf(operation, "move");
    const source = this.#find(from);
    if (!source) throw missing(`move operation does not apply: doc is missing from path: ${from}`);
    const value = within(`error in move for path: '${source.key}'`, () => {
      const moved = read(source);
      remove(source);
      return moved;
    });
    const path = pathOf(operation, "move");
    const place = this.#find(path);
    if (!place) throw missing(`move operation does not apply: doc is missing destination path: ${path}`);
    within(`error in move for path: '${path}'`, () => insert(place, value ?? null));
  }

  #test(operation: JsonPatchOperation): void {
    const path = pathOf(operation, "test");
    const wanted = getMember(operation, "value") ?? null;
    let actual: unknown = this.#root;
    if (path !== "") {
      const place = this.#find(path);
      if (!place) throw missing(`test operation does not apply: is missing path: ${path}`);
      actual = within(`error in test for path: '${path}'`, () => read(place)) ?? null;
    }
    if (!jsonEqual(actual, wanted)) throw new JsonPatchError(`testing value ${path} failed: test failed`);
  }

  #copyTo(operation: JsonPatchOperation): void {
    const from = fromOf(operation, "copy");
    const source = this.#find(from);
    if (!source) throw missing(`copy operation does not apply: doc is missing from path: ${from}`);
    const value = within(`error in copy for from: '${from}'`, () => read(source)) ?? null;
    const path = textOf(operation, "path");
    if (path === undefined) throw missing("copy operation failed to decode path");
    const place = this.#find(path);
    if (!place) throw missing(`copy operation does not apply: doc is missing destination path: ${path}`);
    this.#copiedBytes += Buffer.byteLength(JSON.stringify(value));
    if (this.#copiedBytes > MAX_COPIED_BYTES) {
      throw new JsonPatchError(
        `Unable to complete the copy, the accumulated size increase of copy is ${this.#copiedBytes}, exceeding the limit ${MAX_COPIED_BYTES}`,
      );
    }
    // The two places must not share a container that a later operation changes.
    within("error while adding value during copy", () => insert(place, this.#released(value)));
  }

  /** Walks to the container of the last token. The first token, before the first slash, is ignored as upstream does. */
  #find(path: string): Place | undefined {
    const tokens = path.split("/").map(decodeToken);
    if (tokens.length < 2) return undefined;
    let container = this.#root;
    for (const key of tokens.slice(1, -1)) {
      const next = this.#enter(container, key);
      if (!next) return undefined;
      container = next;
    }
    return { container, key: tokens.at(-1) ?? "" };
  }

  #enter(container: Container, key: string): Container | undefined {
    const index = Array.isArray(container) ? existingIndex(container, key) : key;
    if (Array.isArray(container) && typeof index === "string") return undefined;
    // Lists are read by number, objects by name, and both are JSON.
    const child = Array.isArray(container) ? container[index as number] : getMember(container, key);
    if (typeof child !== "object" || child === null) return undefined;
    const own = this.#own.has(child) ? (child as Container) : this.#copy(child as Container);
    if (Array.isArray(container)) container[index as number] = own;
    else setMember(container, key, own);
    return own;
  }

  #copy(value: object): Container {
    const copy = Array.isArray(value) ? [...value] : { ...value };
    this.#own.add(copy);
    return copy;
  }

  /** Gives up the containers of a value that is now in two places, so that either is copied before it changes. */
  #released(value: unknown): unknown {
    if (!this.#own.has(value)) return value;
    // A container of our own is reached through containers of our own only, so a copy of these is enough.
    if (Array.isArray(value)) return value.map((item) => this.#released(item));
    const copy: Members = {};
    for (const [key, member] of Object.entries(value as Members)) setMember(copy, key, this.#released(member));
    return copy;
  }

  #sorted(value: unknown): unknown {
    if (!this.#own.has(value)) return value;
    if (Array.isArray(value)) return value.map((item) => this.#sorted(item));
    const sorted = sortedMembers(value as Members);
    for (const key of Object.keys(sorted)) setMember(sorted, key, this.#sorted(sorted[key]));
    return sorted;
  }
}

/** Strict equality of JSON: a null member is not an absent one. */
function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof NumberText || b instanceof NumberText) return encodeRaw(a) === encodeRaw(b);
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => jsonEqual(item, b[index]));
  }
  if (!isMembers(a) || !isMembers(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && jsonEqual(a[key], b[key]))
  );
}
