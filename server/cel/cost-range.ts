/** From at least to at most: sizes of values, and costs. Numbers stop growing at MAX, as 64 bits do upstream. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export const MAX = 2 ** 64;
export const UNKNOWN: Range = { min: 0, max: MAX };
export const FREE: Range = { min: 0, max: 0 };
export const ONE: Range = { min: 1, max: 1 };

export const fixed = (value: number): Range => ({ min: value, max: value });
const capped = (value: number) => Math.min(value, MAX);
const both = (a: Range, b: Range, operate: (a: number, b: number) => number): Range => ({
  min: capped(operate(a.min, b.min)),
  max: capped(operate(a.max, b.max)),
});

export const add = (a: Range, b: Range): Range => both(a, b, (x, y) => x + y);
export const multiply = (a: Range, b: Range): Range => both(a, b, (x, y) => x * y);
/** Times a fraction, rounded up. */
export const scale = ({ min, max }: Range, factor: number): Range => ({
  min: capped(Math.ceil(min * factor)),
  max: capped(Math.ceil(max * factor)),
});
/** What holds both. */
export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });
