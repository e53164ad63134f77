import type { UserInfo } from "../../auth/authenticator.ts";
import type { RequestInfo } from "../request-info.ts";
import type { Queue } from "./level-queues.ts";
import type { Work } from "./work.ts";

/** Requests of one schema in one level, as metrics know them: label values, joined by NUL. */
export interface FlowKeys {
  readonly schema: string;
  /** Names of the level and the schema. */
  readonly key: string;
  /** The same and the label `execute`. */
  readonly executeKey: string;
  readonly rejectKey: string;
  /** The same and the label `type`. */
  readonly regularKey: string;
  readonly watchKey: string;
}

/** Who asks for seats. */
export interface Claim {
  readonly flow: FlowKeys;
  /** The user or namespace that is told from others. */
  readonly distinguisher: string;
  /** Queues that it may wait in. */
  readonly hand: readonly number[];
  readonly work: Work;
  /** For the dump of requests. */
  readonly request: { readonly user: UserInfo; readonly requestInfo: RequestInfo };
}

/** A request that has its seats, or waits for them. */
export interface Ticket {
  readonly claim: Claim;
  /** Of the claim, or less where the level has not so many. */
  work: Work;
  waiting: boolean;
  /** Called once, when it no longer waits. */
  granted: () => void;
  readonly arrivedAt: number;
  startedAt: number;
  /** Virtual time of its arrival. */
  readonly arrival: number;
  readonly queue: Queue | undefined;
}

/** Why a request is rejected. */
export type Rejection = "concurrency-limit" | "queue-full" | "time-out";

/** Told of what happens to requests, for metrics. */
export interface LevelObserver {
  queued(flow: FlowKeys, seats: number, queueLength: number): void;
  unqueued(flow: FlowKeys, seats: number): void;
  /** A request that is not exempt has waited, if only for no time at all. */
  waited(flow: FlowKeys, executes: boolean, milliseconds: number): void;
  started(flow: FlowKeys, seats: number): void;
  finished(flow: FlowKeys, isWatch: boolean, milliseconds: number): void;
  released(flow: FlowKeys, seats: number): void;
  rejected(flow: FlowKeys, reason: Rejection): void;
  /** It was a request's turn, and there were not so many seats. */
  noRoom(flow: FlowKeys): void;
}
