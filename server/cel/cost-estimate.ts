import { LIST_CREATE, MAP_CREATE, STRUCT_CREATE } from "./cost.ts";
import { type CallEstimate, estimateCall, type Operand } from "./cost-calls.ts";
import { NO_PATH, type Path, type SizeOf } from "./cost-path.ts";
import { add, FREE, fixed, MAX, multiply, ONE, type Range, UNKNOWN, union } from "./cost-range.ts";
import type { Call, Expression, Fold, ListLiteral, MapLiteral, Select } from "./syntax.ts";
import type { CelType } from "./types.ts";
import { lengthOf } from "./values.ts";

/**
 * What a checked expression costs at least and at most. Definitions are refused by these figures, so they follow
 * upstream's to the unit, oddities included. (cel-go/checker/cost.go)
 */
export function estimateCost(expression: Expression, sizeOf: SizeOf): Range {
  return new Estimator(sizeOf).cost(expression);
}

/** Sizes of the entries of a list or map. */
interface EntrySize {
  readonly container: "list" | "map";
  readonly key: Range;
  readonly value: Range;
}
interface Local {
  readonly path: Path;
  readonly size: Range | undefined;
  readonly entries: EntrySize | undefined;
}

class Estimator {
  readonly #sizeOf: SizeOf;
  readonly #locals = new Map<string, Local[]>();
  readonly #paths = new Map<Expression, Path>();
  readonly #sizes = new Map<Expression, Range>();
  readonly #entries = new Map<Expression, EntrySize>();

  constructor(sizeOf: SizeOf) {
    this.#sizeOf = sizeOf;
  }

  cost(node: Expression): Range {
    switch (node.kind) {
      case "constant":
        return FREE;
      case "identifier":
        this.#paths.set(node, this.#local(node.name)?.path ?? NO_PATH.append(node.name));
        return ONE;
      case "select":
        return this.#select(node);
      case "call":
        return this.#call(node);
      case "list":
        return this.#list(node);
      case "map":
        return this.#map(node);
      case "fold":
        return isBinding(node) ? this.#binding(node) : this.#fold(node);
      case "struct":
        return node.fields.reduce((sum, { value }) => add(sum, this.cost(value)), fixed(STRUCT_CREATE));
    }
  }

  #select(node: Select): Range {
    if (node.variable !== undefined) {
      this.#paths.set(node, NO_PATH.append(node.variable));
      return ONE;
    }
    const operand = this.cost(node.operand);
    if (node.test) return operand;
    const kind = node.operand.type?.kind;
    this.#paths.set(node, this.#path(node.operand).append(node.field));
    return kind === "map" || kind === "object" ? add(operand, ONE) : operand;
  }

  #call(node: Call): Range {
    const { name, target, args } = node;
    const [first, second, third] = args;
    if (name === "dyn" && first) {
      const cost = add(ONE, this.cost(first));
      this.#copySizes(node, first);
      return cost;
    }
    const operands: Operand[] = [];
    const costs = args.map((arg) => {
      const cost = this.cost(arg);
      operands.push(this.#operand(arg));
      return cost;
    });
    const ids = name === "_?._" ? ["select_optional_field"] : (node.overloads ?? []).map(({ id }) => id);
    if (ids.length === 0) return FREE;
    const targetCost = target ? this.cost(target) : FREE;
    const on = target && this.#operand(target);
    const argsCost = costs.reduce(add, FREE);
    let total: Range = { min: MAX, max: 0 };
    let size: Range | undefined;
    for (const id of ids) {
      const special = this.#operator(id, operands, costs);
      const estimate = special ?? estimateCall(name, id, on, operands);
      total = union(total, special ? special.cost : add(estimate.cost, argsCost));
      if (id === "add_list" || id === "add_string" || id === "add_bytes") this.#uniteEntries(node, first, second);
      if (estimate.size) size = size ? union(size, estimate.size) : estimate.size;
      if (first && (id === "index_list" || id === "index_map")) {
        size = this.#entrySize(first)?.value;
        this.#paths.set(node, this.#path(first).append(id === "index_list" ? "@items" : "@values"));
      }
      size ??= this.#size(node);
    }
    if (name === "_?_:_") this.#uniteEntries(node, second, third);
    if (size) this.#sizes.set(node, size);
    return add(targetCost, total);
  }

  /** Operators that need not evaluate all of their arguments: their cost holds what those cost. */
  #operator(id: string, operands: readonly Operand[], costs: readonly Range[]): CallEstimate | undefined {
    const [a = FREE, b = FREE, c = FREE] = costs;
    if (id === "logical_and" || id === "logical_or") return { cost: { min: a.min, max: add(a, b).max } };
    if (id !== "conditional") return undefined;
    const [, yes, no] = operands;
    return { cost: add(a, union(b, c)), size: union(yes?.size ?? UNKNOWN, no?.size ?? UNKNOWN) };
  }

  #list(node: ListLiteral): Range {
    let cost = FREE;
    let value: Range = { min: node.elements.length === 0 ? 0 : MAX, max: 0 };
    for (const element of node.elements) {
      cost = add(cost, this.cost(element));
      value = union(value, this.#size(element) ?? UNKNOWN);
    }
    this.#entries.set(node, { container: "list", key: ONE, value });
    return add(cost, fixed(LIST_CREATE));
  }

  #map(node: MapLiteral): Range {
    let cost = FREE;
    let key: Range = { min: node.entries.length === 0 ? 0 : MAX, max: 0 };
    let value = key;
    for (const entry of node.entries) {
      cost = add(add(cost, this.cost(entry.key)), this.cost(entry.value));
      key = union(key, this.#size(entry.key) ?? UNKNOWN);
      value = union(value, this.#size(entry.value) ?? UNKNOWN);
    }
    this.#entries.set(node, { container: "map", key, value });
    return add(cost, fixed(MAP_CREATE));
  }

  #fold(node: Fold): Range {
    const { range, start, condition, step, result, accumulator, variable, variable2 } = node;
    const before = add(this.cost(range), this.cost(start));
    this.#push(accumulator, { path: this.#path(start), size: this.#size(start), entries: this.#entrySize(start) });
    if (variable2 === undefined) this.#push(variable, this.#iterated(range, "single"));
    else {
      this.#push(variable, this.#iterated(range, "key"));
      this.#push(variable2, this.#iterated(range, "value"));
    }
    const turn = add(this.cost(condition), this.cost(step));
    this.#pop(variable);
    if (variable2 !== undefined) this.#pop(variable2);
    const after = this.cost(result);
    this.#pop(accumulator);
    const turns = this.#size(range) ?? UNKNOWN;
    if (start.kind === "constant") this.#setSize(node, this.#size(start));
    else if (start.kind === "list" || start.kind === "map") {
      this.#setSize(node, turns);
      this.#setEntries(node, this.#entrySize(step));
    }
    return add(add(before, after), multiply(turns, turn));
  }

  #iterated(range: Expression, part: "single" | "key" | "value"): Local {
    const entries = this.#entrySize(range);
    const isList = (entries?.container ?? range.type?.kind) === "list";
    const isValue = part === "value" || (part === "single" && isList);
    const step = isValue ? (isList ? "@items" : "@values") : isList ? "@indices" : "@keys";
    const path = this.#path(range).append(step);
    return { path, size: isValue ? entries?.value : entries?.key, entries: undefined };
  }

  #binding(node: Fold): Range {
    const { range, start, accumulator, result } = node;
    const before = add(this.cost(range), this.cost(start));
    this.#push(accumulator, { path: this.#path(start), size: this.#size(start), entries: this.#entrySize(start) });
    const after = this.cost(result);
    this.#pop(accumulator);
    this.#copySizes(node, result);
    return add(before, after);
  }

  #operand(node: Expression): Operand {
    const path = this.#path(node).names();
    // Accumulators have no path of their own.
    const known = path[0] === "@result" ? [] : path;
    return {
      type: node.type,
      literal: node.kind === "constant" ? node.value : undefined,
      size: this.#size(node),
      elementSize: () => (known.length > 0 ? this.#sizeOf([...known, "@items"]) : undefined),
    };
  }

  #local = (name: string) => this.#locals.get(name)?.at(-1);
  #push(name: string, local: Local): void {
    const stack = this.#locals.get(name);
    if (stack) stack.push(local);
    else this.#locals.set(name, [local]);
  }
  #pop = (name: string) => void this.#locals.get(name)?.pop();

  #path(node: Expression): Path {
    const local = node.kind === "identifier" ? this.#local(node.name) : undefined;
    return local?.path ?? this.#paths.get(node) ?? NO_PATH;
  }

  #size(node: Expression): Range | undefined {
    const known = this.#sizes.get(node) ?? literalSize(node);
    if (known) return known;
    const path = this.#path(node).names();
    const declared = path.length > 0 ? this.#sizeOf(path) : undefined;
    if (declared) {
      this.#sizes.set(node, declared);
      return declared;
    }
    if (isScalar(node.type)) return ONE;
    return node.kind === "identifier" ? this.#local(node.name)?.size : undefined;
  }

  #setSize(node: Expression, size: Range | undefined): void {
    if (size) this.#sizes.set(node, size);
  }

  #entrySize(node: Expression | undefined): EntrySize | undefined {
    if (!node) return undefined;
    const local = node.kind === "identifier" ? this.#local(node.name) : undefined;
    return this.#entries.get(node) ?? local?.entries;
  }

  #setEntries(node: Expression, entries: EntrySize | undefined): void {
    if (entries) this.#entries.set(node, entries);
  }

  #uniteEntries(node: Expression, a: Expression | undefined, b: Expression | undefined): void {
    const [x, y] = [this.#entrySize(a), this.#entrySize(b)];
    if (x && y) this.#entries.set(node, { ...x, key: union(x.key, y.key), value: union(x.value, y.value) });
  }

  #copySizes(to: Expression, from: Expression): void {
    this.#setSize(to, this.#size(from));
    this.#setEntries(to, this.#entrySize(from));
  }
}

/** A fold over nothing that only gives a name to a value. */
function isBinding({ range, condition }: Fold): boolean {
  const over = range.kind === "list" && range.elements.length === 0;
  return over && condition.kind === "constant" && condition.value === false;
}

function literalSize(node: Expression): Range | undefined {
  if (node.kind === "list") return fixed(node.elements.length);
  if (node.kind === "map") return fixed(node.entries.length);
  if (node.kind !== "constant") return undefined;
  const { value } = node;
  return fixed(typeof value === "string" ? lengthOf(value) : value instanceof Uint8Array ? value.length : 1);
}

function isScalar(type: CelType | undefined): boolean {
  switch (type?.kind) {
    case "bool":
    case "double":
    case "duration":
    case "int":
    case "timestamp":
    case "uint":
      return true;
    case "optional":
      return isScalar(type.params[0]);
    default:
      return false;
  }
}
