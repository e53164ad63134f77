import { costOf } from "./cost.ts";
import { attempt, charge, type Step } from "./frame.ts";
import type { Overload } from "./overload.ts";
import type { Call } from "./syntax.ts";
import type { CelType } from "./types.ts";
import { CelError, fail, isOfType, noSuchOverload, typeName, type Value } from "./values.ts";

/** Calls the overload that fits the values: known beforehand when the checker left one. */
export function invoke(node: Call, args: readonly Step[], free: boolean): Step {
  const overloads = (node.overloads ?? []).map((overload) => ({ overload, cost: free ? () => 0 : costOf(overload) }));
  const [only] = overloads;
  const [first, second] = args;
  return (frame) => {
    const values =
      args.length === 1 && first
        ? [first(frame)]
        : args.length === 2 && first && second
          ? [first(frame), second(frame)]
          : args.map((arg) => arg(frame));
    let found = only;
    if (overloads.length > 1 || !only || !fits(only.overload, values))
      found = overloads.find(({ overload }) => fits(overload, values));
    if (!found) return unfit(node.name, values);
    const result = found.overload.run(...values);
    charge(frame, found.cost(values, result));
    return result;
  };
}

/** Operators say only that; functions say which, and of what. (cel-go/common/decls MaybeNoSuchOverload) */
function unfit(name: string, values: readonly Value[]): never {
  if (/[^A-Za-z0-9.]/.test(name)) return noSuchOverload();
  return fail(`no such overload: ${name}(${values.map(typeName).join(", ")})`);
}

const fits = (overload: Overload, values: readonly Value[]): boolean =>
  values.every((value, at) => isOfType(value, overload.args[at] as CelType)); // The checker counted them.

/** `&&` and `||`: either side may decide alone, even when the other fails. */
export function logic(left: Step, right: Step, decisive: boolean): Step {
  return (frame) => {
    const a = attempt(left, frame);
    if (a === decisive) return decisive;
    const b = attempt(right, frame);
    if (b === decisive) return decisive;
    if (typeof a === "boolean" && typeof b === "boolean") return !decisive;
    if (a instanceof CelError) throw a;
    if (b instanceof CelError) throw b;
    return noSuchOverload();
  };
}

/** What `all` and `exists` go on by: an error is not yet an answer. */
export function notStrictlyFalse(operand: Step): Step {
  return (frame) => {
    const value = attempt(operand, frame);
    charge(frame, 1);
    return value !== false;
  };
}
