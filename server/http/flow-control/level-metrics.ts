import type { Series } from "../series.ts";
import type { Bounds } from "./concurrency.ts";
import { Derived } from "./derived-series.ts";
import type { Dispatch } from "./level-queues.ts";
import { type LevelRatios, RATIO_BOUNDS } from "./level-ratios.ts";
import type { PriorityLevel } from "./priority-level.ts";

/** A level, and what was worked out for it when seats were last shared. */
export interface LevelFigures {
  readonly queue: PriorityLevel;
  readonly bounds: Bounds;
  readonly currentSeats: number;
  readonly targetSeats: number;
}

interface Source {
  levels(): Iterable<LevelFigures>;
  fairFraction(): number;
  /** Milliseconds of the clock of the levels. */
  now(): number;
}

type Value = (figures: LevelFigures) => number | undefined;

/** Metrics tell of seats times seconds. */
const seconds = (virtual: number | undefined) => (virtual === undefined ? undefined : virtual / 1000);
const dispatch =
  (name: keyof Dispatch): Value =>
  ({ queue }) =>
    seconds(queue.lastDispatch?.[name]);

/** Names, meanings and values of the gauges that have the label priority_level alone. */
const GAUGES: readonly (readonly [name: string, help: string, value: Value])[] = [
  [
    "nominal_limit_seats",
    "[BETA] Nominal number of execution seats configured for each priority level",
    ({ bounds }) => bounds.nominal,
  ],
  [
    "lower_limit_seats",
    "[ALPHA] Configured lower bound on number of execution seats available to each priority level",
    ({ bounds }) => bounds.min,
  ],
  [
    "upper_limit_seats",
    "[ALPHA] Configured upper bound on number of execution seats available to each priority level",
    ({ bounds }) => bounds.max,
  ],
  [
    "current_limit_seats",
    "[ALPHA] current derived number of execution seats available to each priority level",
    ({ currentSeats }) => currentSeats,
  ],
  ["target_seats", "[ALPHA] Seat allocation targets", ({ targetSeats }) => targetSeats],
  [
    "demand_seats_high_watermark",
    "[ALPHA] High watermark, over last adjustment period, of demand_seats",
    ({ queue }) => queue.demand.highWatermark,
  ],
  [
    "demand_seats_average",
    "[ALPHA] Time-weighted average, over last adjustment period, of demand_seats",
    ({ queue }) => queue.demand.average,
  ],
  [
    "demand_seats_stdev",
    "[ALPHA] Time-weighted standard deviation, over last adjustment period, of demand_seats",
    ({ queue }) => queue.demand.deviation,
  ],
  ["demand_seats_smoothed", "[ALPHA] Smoothed seat demands", ({ queue }) => queue.demand.smoothed],
  ["current_r", "[ALPHA] R(time of last change)", ({ queue }) => seconds(queue.progress)],
  ["dispatch_r", "[ALPHA] R(time of last dispatch)", dispatch("at")],
  ["latest_s", "[ALPHA] S(most recently dispatched request)", dispatch("start")],
];

/** Two gauges of each: the least and the most, over the queues of a level. */
const BOUNDS: readonly (readonly [name: string, help: string, min: keyof Dispatch, max: keyof Dispatch])[] = [
  ["next_s_bounds", "[ALPHA] min and max, over queues, of S(oldest waiting request in queue)", "earliest", "latest"],
  [
    "next_discounted_s_bounds",
    "[ALPHA] min and max, over queues, of S(oldest waiting request in queue) - estimated work in progress",
    "earliestDiscounted",
    "latestDiscounted",
  ],
];

const RATIOS: readonly (readonly [name: string, help: string, phases: readonly (keyof LevelRatios)[]])[] = [
  [
    "priority_level_request_utilization",
    "EXPERIMENTAL: [ALPHA] Observations, at the end of every nanosecond, of number of requests (as a fraction of the relevant limit) waiting or in any stage of execution (but only initial stage for WATCHes)",
    ["waiting", "executing"],
  ],
  [
    "priority_level_seat_utilization",
    "EXPERIMENTAL: [ALPHA] Observations, at the end of every nanosecond, of utilization of seats for any stage of execution (but only initial stage for WATCHes)",
    ["seats"],
  ],
  [
    "demand_seats",
    "EXPERIMENTAL: [ALPHA] Observations, at the end of every nanosecond, of (the number of seats each priority level could use) / (nominal number of seats for that level)",
    ["demand"],
  ],
];

/** Upstream's metrics of priority levels, made when somebody asks. (apiserver/pkg/util/flowcontrol/metrics/metrics.go) */
export function levelMetrics(source: Source): Series[] {
  const { levels, now } = source;
  const gauges = GAUGES.map(
    ([name, help, value]) =>
      new Derived(name, "gauge", help, ["priority_level"], (series) => {
        for (const figures of levels()) setKnown(series, figures.queue.name, value(figures));
      }),
  );
  const bounds = BOUNDS.map(
    ([name, help, min, max]) =>
      new Derived(name, "gauge", help, ["priority_level", "bound"], (series) => {
        for (const figures of levels()) {
          setKnown(series, `${figures.queue.name}\0min`, dispatch(min)(figures));
          setKnown(series, `${figures.queue.name}\0max`, dispatch(max)(figures));
        }
      }),
  );
  const ratios = RATIOS.map(([name, help, phases]) => {
    const labels = phases[0] === "demand" ? ["priority_level"] : ["phase", "priority_level"];
    const show = (series: Series) => {
      for (const { queue } of levels()) {
        for (const phase of phases) {
          queue.ratios[phase].advance(now());
          series.show(phase === "demand" ? queue.name : `${PHASES[phase]}\0${queue.name}`, queue.ratios[phase]);
        }
      }
    };
    return new Derived(name, "histogram", help, labels, show, RATIO_BOUNDS[phases[0]!]);
  });
  const fair = new Derived("seat_fair_frac", "gauge", FAIR, [], (series) => series.set("", source.fairFraction()));
  return [...gauges, ...bounds, ...ratios, fair];
}

const FAIR = "[ALPHA] Fair fraction of server's concurrency to allocate to each priority level that can use it";
const PHASES = { waiting: "waiting", executing: "executing", seats: "executing" } as const;

function setKnown(series: Series, key: string, value: number | undefined): void {
  if (value !== undefined) series.set(key, value);
}
