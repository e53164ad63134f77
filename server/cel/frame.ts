import { CelError, noSuchOverload, type Value } from "./values.ts";

/** One evaluation: the values of variables, and what it has cost so far. */
export interface Frame {
  readonly slots: (Value | CelError)[];
  readonly variables: Readonly<Record<string, unknown>>;
  cost: number;
  readonly limit: number;
}
/** A step of a program. */
export type Step = (frame: Frame) => Value;

/** Ends an evaluation at once; no `||` takes it for an answer. */
export class CostExceeded {
  readonly message = "operation cancelled: actual cost limit exceeded";
}

/** Adds to the cost. @throws CostExceeded */
export const charge = (frame: Frame, cost: number) => {
  frame.cost += cost;
  if (frame.cost > frame.limit) throw new CostExceeded();
};

/** @throws CelError when it is none */
export const bool = (value: Value): boolean => (typeof value === "boolean" ? value : noSuchOverload());

/** The value, or the error as a value: `all` and `exists` carry errors on, in the hope of an answer that needs none. */
export function attempt(step: Step, frame: Frame): Value | CelError {
  try {
    return step(frame);
  } catch (error) {
    if (error instanceof CelError) return error;
    throw error;
  }
}
