/** What a request is expected to need. (apiserver/pkg/util/flowcontrol/request/width.go) */
export interface Work {
  /** Seats while it runs. */
  readonly initialSeats: number;
  /** Seats that are kept when it has been answered, while watchers are told of it. */
  readonly finalSeats: number;
  /** How long they are kept, in milliseconds. */
  readonly lingerMilliseconds: number;
}

export const ONE_SEAT: Work = { initialSeats: 1, finalSeats: 0, lingerMilliseconds: 0 };

export function seats(initialSeats: number): Work {
  return initialSeats === 1 ? ONE_SEAT : { initialSeats, finalSeats: 0, lingerMilliseconds: 0 };
}

/** Seats that it needs throughout. */
export function seatsOf({ initialSeats, finalSeats }: Work): number {
  return Math.max(initialSeats, finalSeats);
}
