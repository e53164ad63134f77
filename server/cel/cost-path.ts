import type { Range } from "./cost-range.ts";
import type { CelType } from "./types.ts";

/** Bounds the size of what a path leads to: a variable, then fields, `@items`, `@keys` and `@values`. */
export type SizeOf = (path: readonly string[]) => Range | undefined;

/** The sizes that a type declares; the path's first element is a variable of that type. (sizeEstimator) */
export function sizesOf(root: CelType): SizeOf {
  return ([, ...names]) => {
    let at: CelType | undefined = root;
    for (const name of names) {
      if (name === "@items" && at.kind === "list") at = at.params[0];
      else if (name === "@values" || name === "@items") at = at.params[at.kind === "map" ? 1 : 0];
      else if (name === "@keys") at = at.kind === "map" ? at.params[0] : undefined;
      else at = at.fields?.get(name)?.type;
      if (!at) return undefined;
    }
    return { min: 0, max: at.maxSize ?? 0 };
  };
}

/**
 * A path that grows as a Go slice does: two that are grown from one may share their memory, and then the later writes
 * over the earlier one's end. Upstream's estimates of nested folds hang on it.
 */
export class Path {
  readonly #cells: string[];
  readonly #length: number;
  readonly #capacity: number;
  constructor(cells: string[], length: number, capacity: number) {
    this.#cells = cells;
    this.#length = length;
    this.#capacity = capacity;
  }
  names(): readonly string[] {
    return this.#cells.slice(0, this.#length);
  }
  append(name: string): Path {
    const isFull = this.#length === this.#capacity;
    const cells = isFull ? this.#cells.slice(0, this.#length) : this.#cells;
    cells[this.#length] = name;
    return new Path(cells, this.#length + 1, isFull ? Math.max(1, this.#capacity * 2) : this.#capacity);
  }
}

export const NO_PATH = new Path([], 0, 0);
