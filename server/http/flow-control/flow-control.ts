import type {
  FlowSchema,
  FlowSchemaSpec,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
} from "../../../openapi/api/flowcontrol.apiserver.k8s.io.v1.ts";
import type { UserInfo } from "../../auth/authenticator.ts";
import type { ObjectWatch } from "../../auth/object-watch.ts";
import { mandatorySpec } from "../../registry/flowcontrol/mandatory.ts";
import type { Clock } from "../../storage/clock.ts";
import type { RequestInfo } from "../request-info.ts";
import type { Series } from "../series.ts";
import { allocate, type Bounds, boundsOf, sharesOf } from "./concurrency.ts";
import type { ResourceStats } from "./estimate.ts";
import { Flow, type FlowTools, type Level } from "./flow.ts";
import { levelMetrics } from "./level-metrics.ts";
import { matches, type Rules, rulesFor } from "./match.ts";
import { FlowControlMetrics } from "./metrics.ts";
import { PriorityLevel } from "./priority-level.ts";
import { RetryAfter } from "./retry-after.ts";
import { WatchCount } from "./watch-count.ts";

const GROUP = "flowcontrol.apiserver.k8s.io";
const EXEMPT = "exempt";
const CATCH_ALL = "catch-all";
const ADJUST_MILLISECONDS = 10_000;
/** No request gets more than this part of a level's seats. */
const MAX_PART = 0.15;
/** Users whose schemas are remembered. */
const MAX_USERS = 10_000;
const NO_BOUNDS: Bounds = { nominal: 0, min: 0, max: 0 };

interface Candidate {
  readonly flow: Flow;
  readonly rules: readonly Rules[];
}

interface Options {
  /** Seats of the server: reading and mutating requests at once. */
  readonly serverSeats: number;
  /** Fractions of milliseconds count here; it must not go back. */
  readonly clock: Clock;
  /** What is known of a resource's objects. */
  stats(info: RequestInfo): ResourceStats | undefined;
}

/**
 * API Priority and Fairness: says by FlowSchemas which priority level a request belongs to, and shares the server's
 * seats among the levels. (apiserver/pkg/util/flowcontrol/apf_controller.go)
 */
export class FlowControl {
  readonly metrics: FlowControlMetrics;
  readonly series: readonly Series[];
  readonly watches = new WatchCount();
  readonly clock: Clock;
  readonly #options: Options;
  readonly #schemaObjects = new Map<string, Readonly<FlowSchema>>();
  readonly #levelObjects = new Map<string, Readonly<PriorityLevelConfiguration>>();
  readonly #levels = new Map<string, Level>();
  #flows: readonly Flow[] = [];
  #catchAll: Flow | undefined;
  readonly #users = new Map<string, readonly Candidate[]>();
  /** The last user, and what was found: requests come in bursts. */
  #lastUser: UserInfo | undefined;
  #lastCandidates: readonly Candidate[] = [];
  /** The objects have changed: looked at when the next request comes. */
  #isStale = true;
  #fairFraction = 0;

  constructor(options: Options) {
    this.#options = options;
    this.clock = options.clock;
    const now = () => this.clock.now();
    this.metrics = new FlowControlMetrics(now);
    const levels = () => this.levels();
    this.series = [...this.metrics.series, ...levelMetrics({ levels, now, fairFraction: () => this.#fairFraction })];
  }

  /** Follows the objects, and shares seats anew every ten seconds. @returns stops both */
  follow(watch: ObjectWatch): () => void {
    let cancel = (): void => undefined;
    const adjustLater = () => {
      cancel = this.clock.after(ADJUST_MILLISECONDS, () => {
        this.adjust();
        adjustLater();
      });
    };
    adjustLater();
    const stops = [
      watch.watch<FlowSchema>({ group: GROUP, resource: "flowschemas" }, this.#handler(this.#schemaObjects)),
      watch.watch<PriorityLevelConfiguration>(
        { group: GROUP, resource: "prioritylevelconfigurations" },
        this.#handler(this.#levelObjects),
      ),
      () => cancel(),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** All levels, by name. */
  levels(): Level[] {
    if (this.#isStale) this.#digest();
    return [...this.#levels.values()].sort((a, b) => (a.queue.name < b.queue.name ? -1 : 1));
  }

  /** The first schema, by precedence, whose rules take the request. */
  classify(user: UserInfo, info: RequestInfo): Flow {
    if (this.#isStale) this.#digest();
    for (const { flow, rules } of this.#candidates(user)) if (matches(rules, info)) return flow;
    return this.#catchAll!; // there is one after any digest
  }

  /** Ends a period: seats go to where they were wanted. */
  adjust(): void {
    if (this.#isStale) return this.#digest();
    const { serverSeats } = this.#options;
    const levels = [...this.#levels.values()];
    for (const { queue } of levels) queue.demand.settle(this.clock.now());
    const { seats, targets, fairFraction } = allocate(
      levels.map(({ bounds, isExempt, queue: { demand } }) => ({
        bounds,
        isExempt,
        highWatermark: demand.highWatermark,
        smoothed: demand.smoothed,
      })),
    );
    this.#fairFraction = fairFraction;
    levels.forEach((level, i) => {
      level.currentSeats = seats[i]!;
      level.targetSeats = targets[i]!;
      const denominator = level.currentSeats || Math.max(1, Math.round(serverSeats / 10));
      level.queue.setLimit(level.isExempt ? Infinity : level.currentSeats, denominator);
    });
  }

  #handler<T extends FlowSchema | PriorityLevelConfiguration>(objects: Map<string, Readonly<T>>) {
    return {
      set: (object: Readonly<T>) => {
        const { name = "" } = object.metadata;
        const known = objects.get(name);
        objects.set(name, object);
        // Status is written at every turn, and means nothing here.
        const isSame = known?.metadata.uid === object.metadata.uid;
        if (!isSame || known?.metadata.generation !== object.metadata.generation) this.#isStale = true;
      },
      remove: ({ metadata: { name = "" } }: Readonly<T>) => {
        objects.delete(name);
        this.#isStale = true;
      },
    };
  }

  #candidates(user: UserInfo): readonly Candidate[] {
    if (user === this.#lastUser) return this.#lastCandidates;
    const key = `${user.name}\0${user.groups.join("\0")}`;
    let candidates = this.#users.get(key);
    if (!candidates) {
      if (this.#users.size >= MAX_USERS) this.#users.clear();
      candidates = this.#flows
        .map((flow) => ({ flow, rules: rulesFor(flow.spec, user) }))
        .filter(({ rules }) => rules.length > 0);
      this.#users.set(key, candidates);
    }
    this.#lastUser = user;
    this.#lastCandidates = candidates;
    return candidates;
  }

  #digest(): void {
    this.#isStale = false;
    this.#users.clear();
    this.#lastUser = undefined;
    const before = new Map(this.#levels);
    this.#levels.clear();
    for (const [name, { spec, metadata }] of this.#levelObjects) this.#addLevel(name, spec, metadata.uid ?? "", before);
    const schemas = [...this.#schemaObjects.values()]
      .filter(({ spec }) => this.#levels.has(levelOf(spec)))
      .map(({ metadata: { name = "", uid = "" }, spec }) => ({ name, uid, spec }))
      .sort((a, b) => a.spec.matchingPrecedence - b.spec.matchingPrecedence || (a.name < b.name ? -1 : 1));
    this.#keepOldLevels(before);
    for (const name of [EXEMPT, CATCH_ALL]) {
      if (!this.#levels.has(name)) this.#addLevel(name, mandatoryLevel(name), "", before);
    }
    const has = (wanted: string) => schemas.some(({ name }) => name === wanted);
    if (!has(EXEMPT)) schemas.unshift({ name: EXEMPT, uid: "", spec: mandatorySchema(EXEMPT) });
    if (!has(CATCH_ALL)) schemas.push({ name: CATCH_ALL, uid: "", spec: mandatorySchema(CATCH_ALL) });
    this.#setBounds();
    this.#flows = schemas.map((schema) => new Flow(schema, this.#levels.get(levelOf(schema.spec))!, this.#tools()));
    this.#catchAll = this.#flows.find(({ name }) => name === CATCH_ALL);
    this.adjust();
  }

  #addLevel(name: string, spec: Spec, uid: string, before: ReadonlyMap<string, Level>): void {
    const isExempt = spec.type === "Exempt";
    const queue = before.get(name)?.queue ?? new PriorityLevel(name, this.clock, this.metrics);
    queue.configure(spec.limited?.limitResponse.queuing);
    const figures = { bounds: NO_BOUNDS, maxSeats: 0, currentSeats: 0, targetSeats: 0 };
    const retryAfter = before.get(name)?.retryAfter ?? new RetryAfter();
    this.#levels.set(name, { queue, retryAfter, spec, uid, isExempt, isQuiescing: false, ...figures });
  }

  /** Those without an object go when their last request is gone; what the server cannot do without stays. */
  #keepOldLevels(before: ReadonlyMap<string, Level>): void {
    for (const [name, level] of before) {
      if (this.#levels.has(name)) continue;
      const isMandatory = name === EXEMPT || name === CATCH_ALL;
      if (isMandatory || !level.queue.isIdle) this.#levels.set(name, { ...level, isQuiescing: !isMandatory });
    }
  }

  #setBounds(): void {
    const levels = [...this.#levels.values()];
    const allShares = levels.reduce((sum, { spec }) => sum + sharesOf(spec), 0);
    for (const level of levels) {
      level.bounds = boundsOf(level.spec, allShares, this.#options.serverSeats);
      const { nominal } = level.bounds;
      const handSize = level.spec.limited?.limitResponse.queuing?.handSize;
      level.maxSeats = handSize
        ? Math.max(1, Math.min(Math.ceil(nominal * MAX_PART), Math.floor(nominal / handSize)))
        : 0;
    }
  }

  /** What flows work with. */
  #tools(): FlowTools {
    const { watches, metrics, clock } = this;
    const { stats } = this.#options;
    return { watches, metrics, stats, clock, onIdle: (level) => this.#reap(level) };
  }

  #reap({ queue: { name } }: Level): void {
    if (this.#levels.get(name)?.isQuiescing) this.#isStale = true;
  }
}

type Spec = Readonly<PriorityLevelConfigurationSpec>;

function levelOf({ priorityLevelConfiguration }: Readonly<FlowSchemaSpec>): string {
  return priorityLevelConfiguration.name;
}

function mandatorySchema(name: string): Readonly<FlowSchemaSpec> {
  return mandatorySpec("flowschemas", name) as FlowSchemaSpec; // from our own facts
}

function mandatoryLevel(name: string): Spec {
  return mandatorySpec("prioritylevelconfigurations", name) as PriorityLevelConfigurationSpec; // from our own facts
}
