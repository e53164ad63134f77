import { TimedRatio } from "./timed-ratio.ts";

const OF_REQUESTS = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1];
const OF_SEATS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];
const OF_DEMAND = [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.7, 2, 2.8, 4, 6];

/** How full a priority level is, over time. */
export interface LevelRatios {
  /** Requests under way, and waiting ones, as parts of the limits on them. */
  readonly executing: TimedRatio;
  readonly waiting: TimedRatio;
  readonly seats: TimedRatio;
  readonly demand: TimedRatio;
}

/** Upper bounds of their buckets, and of the metrics that show them. */
export const RATIO_BOUNDS = { executing: OF_REQUESTS, waiting: OF_REQUESTS, seats: OF_SEATS, demand: OF_DEMAND };

export function levelRatios(now: number): LevelRatios {
  return {
    executing: new TimedRatio(OF_REQUESTS, now),
    waiting: new TimedRatio(OF_REQUESTS, now),
    seats: new TimedRatio(OF_SEATS, now),
    demand: new TimedRatio(OF_DEMAND, now),
  };
}
