import type { PriorityLevelConfigurationSpec } from "../../../openapi/api/flowcontrol.apiserver.k8s.io.v1.ts";

/** Seats that the configuration gives a level. */
export interface Bounds {
  readonly nominal: number;
  /** What it keeps when others borrow. */
  readonly min: number;
  /** What it may have when it borrows. */
  readonly max: number;
}

type Spec = Readonly<PriorityLevelConfigurationSpec>;

export function sharesOf({ limited, exempt }: Spec): number {
  return (limited ?? exempt)?.nominalConcurrencyShares ?? 0;
}

/**
 * A level's part of all seats. (finishQueueSetReconfigsLocked of apf_controller.go)
 * @param allShares of all levels together
 */
export function boundsOf(spec: Spec, allShares: number, serverSeats: number): Bounds {
  const nominal = Math.ceil((serverSeats * sharesOf(spec)) / allShares);
  const percent = (of: number) => Math.round((nominal * of) / 100);
  const borrowing = spec.limited?.borrowingLimitPercent;
  return {
    nominal,
    min: nominal - percent((spec.limited ?? spec.exempt)?.lendablePercent ?? 0),
    max: nominal + (borrowing === undefined ? serverSeats : percent(borrowing)),
  };
}

/** What a level asks for in a round of borrowing. */
export interface Wish {
  readonly bounds: Bounds;
  readonly isExempt: boolean;
  /** Most seats that it could have used at once, in the last period. */
  readonly highWatermark: number;
  /** Seats that it is likely to want. */
  readonly smoothed: number;
}

/** What the levels have for the next period, in the order of the wishes. */
export interface Allocation {
  readonly seats: readonly number[];
  /** What each asked for. */
  readonly targets: readonly number[];
  /** Part of its target that a level gets which no bound stops; 0 where there is nothing to share. */
  readonly fairFraction: number;
}

/** Smallest target there is, so that shares of it are shares of something. */
const SMALLEST_TARGET = 0.001;

/**
 * Seats for each level for the next period: exempt ones take what they took, the rest is shared in proportion to
 * demand, within each level's bounds. (updateBorrowingLocked of apf_controller.go, conc_alloc.go)
 */
export function allocate(wishes: readonly Wish[]): Allocation {
  const limited = wishes.filter(({ isExempt }) => !isExempt);
  const total = sum(wishes, ({ bounds }) => bounds.nominal);
  const taken = sum(wishes, (wish) => (wish.isExempt ? least(wish) : 0));
  const mins = sum(limited, ({ bounds }) => bounds.min);
  const leasts = sum(limited, least);
  const left = total - taken;
  let fairFraction = 0;
  let share: (wish: Wish) => number;
  if (left <= mins) share = ({ bounds }) => bounds.min;
  else if (left <= leasts) {
    const fraction = (left - mins) / (leasts - mins);
    share = (wish) => wish.bounds.min + Math.round((least(wish) - wish.bounds.min) * fraction);
  } else {
    fairFraction = solve((fraction) => sum(limited, (wish) => seatsAt(fraction, wish)), total);
    share = (wish) => Math.round(seatsAt(fairFraction, wish));
  }
  return {
    seats: wishes.map((wish) => (wish.isExempt ? least(wish) : share(wish))),
    targets: wishes.map(target),
    fairFraction,
  };
}

/** What it has whatever others want. */
function least({ bounds: { nominal, min }, isExempt, highWatermark }: Wish): number {
  return Math.max(min, isExempt ? highWatermark : Math.min(nominal, highWatermark));
}

function target(wish: Wish): number {
  return Math.max(least(wish), wish.smoothed);
}

function seatsAt(fraction: number, wish: Wish): number {
  const wanted = fraction * Math.max(target(wish), SMALLEST_TARGET);
  return Math.min(wish.bounds.max, Math.max(least(wish), wanted));
}

function sum(wishes: readonly Wish[], seats: (wish: Wish) => number): number {
  return wishes.reduce((all, wish) => all + seats(wish), 0);
}

/** Where a function that never falls comes to `wanted`, or as near as it gets. */
function solve(rising: (value: number) => number, wanted: number): number {
  let low = 0;
  let high = 1;
  while (rising(high) < wanted && high < 1e9) high *= 2;
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (rising(middle) < wanted) low = middle;
    else high = middle;
  }
  return high;
}
