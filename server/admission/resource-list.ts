import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  subtractQuantities,
} from "../meta/quantity.ts";

/** Amounts by resource name, as they stand in the API. */
export type ResourceList = Readonly<Record<string, string>>;
/** Amounts to reckon with. */
export type Amounts = ReadonlyMap<string, Quantity>;

export function amountsOf(list: ResourceList | undefined): Map<string, Quantity> {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

export function resourceListOf(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

/** (apiserver/pkg/quota/v1 Add) */
export function addAmounts(a: Amounts, b: Amounts): Map<string, Quantity> {
  const sum = new Map(a);
  for (const [name, quantity] of b) {
    const other = sum.get(name);
    sum.set(name, other ? addQuantities(other, quantity) : quantity);
  }
  return sum;
}

/** The larger amount of each resource. */
export function maxAmounts(a: Amounts, b: Amounts): Map<string, Quantity> {
  const max = new Map(a);
  for (const [name, quantity] of b) {
    const other = max.get(name);
    if (!other || compareQuantities(quantity, other) > 0) max.set(name, quantity);
  }
  return max;
}

const ZERO = parseQuantity("0");

/** What `a` is above `b`; never below zero. (SubtractWithNonNegativeResult) */
export function growth(a: Amounts, b: Amounts): Map<string, Quantity> {
  const result = new Map<string, Quantity>();
  for (const [name, quantity] of a) {
    const old = b.get(name);
    const difference = old ? subtractQuantities(quantity, old) : quantity;
    result.set(name, compareQuantities(difference, ZERO) > 0 ? difference : ZERO);
  }
  for (const name of b.keys()) if (!result.has(name)) result.set(name, ZERO);
  return result;
}

/** Only these resources. */
export function maskAmounts(amounts: Amounts, names: Iterable<string>): Map<string, Quantity> {
  const wanted = new Set(names);
  return new Map([...amounts].filter(([name]) => wanted.has(name)));
}

export function withoutZeros(amounts: Amounts): Map<string, Quantity> {
  return new Map([...amounts].filter(([, quantity]) => compareQuantities(quantity, ZERO) !== 0));
}

export function negativeAmounts(amounts: Amounts): string[] {
  return [...amounts].filter(([, quantity]) => compareQuantities(quantity, ZERO) < 0).map(([name]) => name);
}

/** The resources of which there is more than allowed. */
export function exceededAmounts(amounts: Amounts, hard: Amounts): string[] {
  return [...hard]
    .filter(([name, limit]) => {
      const quantity = amounts.get(name);
      return quantity !== undefined && compareQuantities(quantity, limit) > 0;
    })
    .map(([name]) => name);
}

export function equalAmounts(a: Amounts, b: Amounts): boolean {
  if (a.size !== b.size) return false;
  for (const [name, quantity] of a) {
    const other = b.get(name);
    if (!other || compareQuantities(quantity, other) !== 0) return false;
  }
  return true;
}

/** `cpu=1,memory=1Gi` */
export function printAmounts(amounts: Amounts): string {
  return [...amounts.keys()]
    .sort()
    .map((name) => `${name}=${formatQuantity(amounts.get(name)!)}`)
    .join(",");
}
