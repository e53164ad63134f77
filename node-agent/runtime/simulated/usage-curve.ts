import { durationMs, quantity } from "../../../client/index.ts";

/** An amount over a container's life: straight lines between points, level before the first and after the last one. */
export interface UsageCurve {
  at(milliseconds: number): number;
  /** The area under it, in amount times milliseconds. */
  between(from: number, to: number): number;
}

interface Point {
  readonly milliseconds: number;
  readonly amount: number;
}

const QUANTITY = /^[0-9]+(\.[0-9]+)?([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$/;
const DURATION = /^(0|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$/;

/**
 * Reads `200m`, which is the same all the time, or points such as `0s=50m 1m=800m 5m=50m`: how long after the
 * container's start, and what it uses then. @throws Error that says what is wrong
 */
export function parseUsageCurve(text: string): UsageCurve {
  const words = text.split(/[\s,]+/).filter(Boolean);
  if (words.length === 0) throw new Error("must be a quantity, or points such as 0s=50m 1m=800m");
  const [only = ""] = words;
  const points =
    words.length === 1 && QUANTITY.test(only) ? [{ milliseconds: 0, amount: quantity(only) }] : words.map(pointOf);
  for (const [index, { milliseconds }] of points.entries()) {
    const before = points[index - 1];
    if (before && milliseconds < before.milliseconds) throw new Error("points must be in order of time");
  }
  return curveThrough(points);
}

function pointOf(word: string): Point {
  const [time = "", amount = "", ...rest] = word.split("=");
  if (!DURATION.test(time) || !QUANTITY.test(amount) || rest.length > 0)
    throw new Error(`${JSON.stringify(word)} must be a duration and a quantity, such as 1m=800m`);
  return { milliseconds: durationMs(time), amount: quantity(amount) };
}

function curveThrough(points: readonly Point[]): UsageCurve {
  const at = (milliseconds: number): number => {
    const next = points.findIndex((point) => point.milliseconds > milliseconds);
    const from = points[(next < 0 ? points.length : next) - 1];
    const to = points[next];
    if (!from || !to) return (from ?? to)?.amount ?? 0;
    const part = (milliseconds - from.milliseconds) / (to.milliseconds - from.milliseconds);
    return from.amount + part * (to.amount - from.amount);
  };
  return {
    at,
    between(from, to) {
      const corners = points.map(({ milliseconds }) => milliseconds).filter((corner) => corner > from && corner < to);
      const stops = [from, ...corners, to];
      // A line's area is that of its middle, where no jump between two points of one time can disturb.
      return stops.slice(1).reduce((area, stop, index) => {
        const start = stops[index] ?? from;
        return area + at((start + stop) / 2) * (stop - start);
      }, 0);
    },
  };
}
