import type { Client, DeleteOptions, PatchType } from "./client.ts";
import type { Clock, Random } from "./clock.ts";
import type { EventRecorder } from "./event-recorder.ts";
import type { Informers } from "./informers.ts";
import type { Lister } from "./lister.ts";
import type { Logger } from "./logger.ts";
import type { QueueMetrics } from "./queue-metrics.ts";
import type { ApiObject, Key, ObjectOf } from "./resource.ts";
import type { RateLimiter } from "./work-queue.ts";

/** Gives a lister by resource name; asking also makes the controller wait for its first list. */
export type GetLister = <R extends string>(
  resource: R,
  indexes?: Record<string, (object: ObjectOf<R>) => readonly string[]>,
) => Lister<ObjectOf<R>>;

/** What an action came to: the object as the server answered, or the error. */
export type Result = { ok: true; object: ApiObject | undefined } | { ok: false; error: unknown };

/** What a `list` came to. */
export function itemsOf<R extends string>(_resource: R, result: Result): readonly ObjectOf<R>[] {
  // The server was asked for a list of this resource.
  const list = (result.ok ? result.object : undefined) as { items?: readonly ObjectOf<R>[] } | undefined;
  return list?.items ?? [];
}

/** What a `discover` came to: nothing when there is no such version. */
export function resourcesOf(result: Result): readonly { name: string; kind: string }[] {
  // The server was asked for the APIResourceList of a version.
  const list = (result.ok ? result.object : undefined) as { resources?: { name: string; kind: string }[] } | undefined;
  return list?.resources ?? [];
}

/** A write, and what follows once the server has answered it with the object as it is now. */
export function andThen(action: WriteAction, next: (written: ApiObject) => readonly Action[]): Action {
  return {
    do: "batch",
    actions: [action],
    after: ([result]) =>
      result?.ok
        ? next(result.object ?? action.object)
        : [{ do: "fail", error: result?.error ?? new Error("gave up") }],
  };
}

/** One wish of a reconcile. Carried out in order; the first error ends the round and the key is tried again later. */
export type Action = WriteAction | EventAction | RequeueAction | BatchAction | FailAction;

/** A write of one object, or a look at the newest state where a lister may be too old to decide on. */
export type WriteAction =
  | { do: "get"; resource: string; object: ApiObject; subresource?: string }
  /** The resources of a version such as `apps/v1`; `resourcesOf` takes them out of the result. */
  | { do: "discover"; resource: string; object: ApiObject }
  /** All of the object's namespace; `itemsOf` takes them out of the result. */
  | { do: "list"; resource: string; object: ApiObject }
  | { do: "create"; resource: string; object: ApiObject }
  | { do: "update"; resource: string; object: ApiObject }
  | { do: "updateStatus"; resource: string; object: ApiObject }
  | { do: "updateSubresource"; resource: string; subresource: string; object: ApiObject; body: unknown }
  | {
      do: "patch";
      resource: string;
      object: ApiObject;
      type: PatchType;
      patch: unknown;
      subresource?: string;
      /** Of an apply, which needs one and takes fields from others. */
      fieldManager?: string;
    }
  | { do: "delete"; resource: string; object: ApiObject; options?: DeleteOptions }
  | { do: "post"; resource: string; subresource: string; object: ApiObject; body: unknown };

/** Records an event about an object; never fails. */
export interface EventAction {
  do: "event";
  about: ApiObject;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** Reconciles the key again after a while, whatever happens meanwhile. */
export interface RequeueAction {
  do: "requeue";
  afterMs: number;
}

/**
 * Writes whose outcome decides what follows. An error among them does not end the round by itself: `after` says what
 * comes of it. With `slowStart` they go in batches of 1, 2, 4 … and the first batch with an error is the last, so that
 * a refused create is not tried a thousand times.
 */
export interface BatchAction {
  do: "batch";
  actions: readonly WriteAction[];
  slowStart?: boolean;
  /** @param results of the actions tried, in their order; fewer than `actions` when slow start gave up. */
  after?(results: readonly Result[]): readonly Action[];
}

/** Ends the round with an error: the key is tried again with backoff. */
export interface FailAction {
  do: "fail";
  error: unknown;
}

/** What a reconcile gets besides its listers. */
export interface ReconcileContext {
  now: Date;
  random: Random;
  logger: Logger;
  /** How often this key has failed since it last succeeded. */
  failures: number;
}

/** Another resource whose changes concern some keys. */
export interface Mapping<L, R extends string = string> {
  resource: R;
  keys(object: ObjectOf<R>, listers: L, old: ObjectOf<R> | undefined): readonly Key[];
  /** Its keys are among those that `resyncMs` brings again. */
  resync?: boolean;
  /** What the controller has written or deleted itself brings no key, unless it changes which one. */
  ignoresOwnWrites?: boolean;
  /** How long a key waits for more of the kind. */
  delayMs?: number;
}

/** Gives `keys` the type of the resource's objects. */
export function mapping<L, R extends string>(
  resource: R,
  keys: (object: ObjectOf<R>, listers: L, old: ObjectOf<R> | undefined) => readonly Key[],
  options: Pick<Mapping<L>, "resync" | "ignoresOwnWrites" | "delayMs"> = {},
): Mapping<L> {
  // Mappings of different resources live in one list; the runner hands each only its own resource's objects.
  return { resource, keys: keys as Mapping<L>["keys"], ...options };
}

/** A controller that is one pure function over listers. */
export interface ControllerDefinition<L> {
  name: string;
  watches: {
    /** Each object's key is reconciled when it changes; empty when only mappings make keys. */
    for?: string;
    /** Children: the key of their controller owner is reconciled, before and after a change of owner. */
    owns?: readonly string[];
    /** Changes of children, and of the object's status alone, wait so long for others to be looked at with them. */
    batchMs?: number;
    maps?: readonly Mapping<L>[];
  };
  listers(get: GetLister): L;
  /** Same listers and time in, same actions out. */
  reconcile(key: Key, listers: L, context: ReconcileContext): readonly Action[];
  /** Keys reconciled at once. */
  workers?: number;
  /** How long a key waits after a failed round. Absent: 5 ms at first, and no more than ten keys a second. */
  retry?: (clock: Clock) => RateLimiter;
  /** All objects of `for`, and of mappings with `resync`, again, every so often. */
  resyncMs?: number;
  /** Name in `source.component` of its events; the controller's name when absent. */
  eventSource?: string;
}

/** A controller after `defineController`, its listers' type closed over. */
export interface Controller {
  readonly name: string;
  // Each definition is run with its own listers only, so their type need not be known outside.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly definition: ControllerDefinition<any>;
}

/** Makes a definition fit for a list of controllers. */
export function defineController<L>(definition: ControllerDefinition<L>): Controller {
  return { name: definition.name, definition };
}

/** A controller that is more than a function of a key: the garbage collector's graph, a namespace's deletion. */
export interface CustomController {
  readonly name: string;
  /** Starts its work. Informers asked for here are started by the runner. */
  start(context: ControllerContext): { stop(): void | Promise<void> };
}

/** What a custom controller works with. */
export interface ControllerContext {
  client: Client;
  informers: Informers;
  clock: Clock;
  random: Random;
  logger: Logger;
  recorder(component: string): EventRecorder;
  /** What the work queue of a controller counts, by the controller's name; absent: nobody does. */
  queueMetrics?(controller: string): QueueMetrics;
}
