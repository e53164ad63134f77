import type { Frame, Step } from "./frame.ts";
import type { Expression } from "./syntax.ts";
import type { Value } from "./values.ts";

/** Of what is written out these are made once. (cel-go/interpreter/decorators.go maybeOptimizeConstUnary) */
export const CONVERSIONS: ReadonlySet<string> = new Set(
  "bool bytes double duration int string timestamp uint".split(" "),
);

/** Whether a node is written out: the same each time. */
export const isConstant = (node: Expression): boolean =>
  node.kind === "constant" || (node.kind === "list" && node.optional.size === 0 && node.elements.every(isConstant));

/** Makes the value once: nothing changes it. */
export function folded(make: (frame: Frame) => Value): Step {
  let made: Value | undefined;
  return (frame) => {
    made ??= make(frame);
    return made;
  };
}
