import type { ObjectWatch } from "../auth/object-watch.ts";
import type { ResourceStats } from "../http/flow-control/estimate.ts";
import { FlowControl } from "../http/flow-control/flow-control.ts";
import type { GroupResource } from "../meta/errors.ts";
import type { Kind } from "../registry/kind.ts";
import { type Clock, systemClock } from "../storage/clock.ts";
import type { Storage } from "../storage/storage.ts";
import type { ServerSettings } from "./settings.ts";

/** How old the average size of a resource's objects may be. */
const STALE_MILLISECONDS = 60_000;
/** Objects that the average is taken of. */
const SAMPLES = 100;

const { timeOrigin } = performance; // to read it each time costs as much as the time itself
/** Fractions of milliseconds, never going back. */
const preciseClock: Clock = { ...systemClock, now: () => timeOrigin + performance.now() };

interface Environment {
  readonly settings: ServerSettings;
  readonly watch: ObjectWatch;
  readonly storage: Storage;
  /** What is stored under a name, whatever the version. */
  kindOf(resource: GroupResource): Kind | undefined;
}

/** Priority and fairness over this server's own objects. @returns undefined where flags turn it off */
export function startFlowControl({ settings, watch, storage, kindOf }: Environment): {
  flowControl: FlowControl | undefined;
  stop(): void;
} {
  if (!settings.enablePriorityAndFairness) return { flowControl: undefined, stop: () => undefined };
  const serverSeats = settings.maxRequestsInFlight + settings.maxMutatingRequestsInFlight;
  const stats = resourceStats(storage, kindOf, preciseClock);
  const flowControl = new FlowControl({ serverSeats, clock: preciseClock, stats });
  return { flowControl, stop: flowControl.follow(watch) };
}

/** Counts are of now; sizes are looked at now and then, and not known before. */
function resourceStats(storage: Storage, kindOf: Environment["kindOf"], clock: Clock) {
  const sizes = new Map<string, { at: number; bytes: number | undefined }>();
  const measure = async (prefix: string) => {
    const { items } = await storage.list(prefix, { limit: SAMPLES, atRevision: 0 });
    const bytes = items.reduce((sum, { value }) => sum + value.byteLength, 0);
    sizes.set(prefix, { at: clock.now(), bytes: items.length > 0 ? Math.ceil(bytes / items.length) : undefined });
  };
  return ({ apiGroup, resource }: { apiGroup: string; resource: string }): ResourceStats | undefined => {
    const prefix = kindOf({ group: apiGroup, resource })?.storagePrefix;
    if (!prefix) return undefined;
    const known = sizes.get(prefix);
    if (!known || clock.now() - known.at > STALE_MILLISECONDS) {
      sizes.set(prefix, { at: clock.now(), bytes: known?.bytes });
      measure(prefix).catch(() => sizes.delete(prefix)); // the next list tries again
    }
    return known?.bytes ? { count: storage.count(prefix), objectBytes: known.bytes } : undefined;
  };
}
