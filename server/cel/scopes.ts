import type { Overload } from "./overload.ts";
import type { StructType } from "./syntax.ts";
import { type CelType, NAMED_TYPES, typeOf } from "./types.ts";

/** What an expression may refer to. */
export interface Declarations {
  readonly variables: ReadonlyMap<string, CelType>;
  readonly functions: ReadonlyMap<string, readonly Overload[]>;
  /** Types by name that expressions may make values of. */
  readonly structs?: (name: string) => StructType | undefined;
  /** Whether lists and maps written out must be of one type, as they must in Kubernetes. */
  readonly homogeneous: boolean;
}

/** What names mean at one place: the variables of comprehensions hide what is declared. */
export class Scopes {
  readonly #declarations: Declarations;
  readonly #maps: ReadonlyMap<string, CelType>[] = [];

  constructor(declarations: Declarations) {
    this.#declarations = declarations;
  }

  push(...maps: readonly ReadonlyMap<string, CelType>[]): void {
    this.#maps.push(...maps);
  }

  pop(): void {
    this.#maps.pop();
  }

  lookUp(name: string): CelType | undefined {
    for (let index = this.#maps.length - 1; index >= 0; index--) {
      const found = this.#maps[index]?.get(name);
      if (found) return found;
    }
    const plain = name.startsWith(".") ? name.slice(1) : name;
    const variable = this.#declarations.variables.get(plain);
    if (variable) return variable;
    const named = NAMED_TYPES.get(plain) ?? this.#declarations.structs?.(plain)?.type;
    return named && typeOf(named);
  }

  /** Whether the first name of a path is a variable of a comprehension. */
  isShadowed(path: string): boolean {
    const root = path.split(".")[0] ?? "";
    return this.#maps.some((scope) => scope.has(root));
  }
}
