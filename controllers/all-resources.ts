import {
  type ApiObject,
  type ControllerContext,
  type DiscoveredResource,
  discoverResources,
  type Informer,
  resourceNameOf,
  type Timer,
} from "../client/index.ts";

const METADATA = { metadataOnly: true } as const;
/** After a change of what the server has, so that several changes at once cost one look. */
const SETTLE_MS = 200;
const RETRY_MS = 5_000;
/** Where new resources come from. */
const SOURCES = ["apiextensions.k8s.io/v1/customresourcedefinitions", "apiregistration.k8s.io/v1/apiservices"] as const;

/** Told of resources that come and go while the server runs. */
export interface ResourceObserver {
  added(resource: DiscoveredResource, informer: Informer<ApiObject>): void;
  /** Its objects are still in the informer's lister. */
  removed(resource: DiscoveredResource, informer: Informer<ApiObject>): void;
  /** Every resource that can be watched has its first list. Called again after each change. */
  synced(): void;
  /** All resources by discovery, with those that cannot be watched. */
  discovered?(resources: readonly DiscoveredResource[]): void;
}

/** An informer of metadata for everything that can be listed, watched and deleted. */
export interface AllResources {
  observe(observer: ResourceObserver): void;
  /** The last user's stop ends the looking; informers are ended by their owner. */
  release(): void;
}

const shared = new WeakMap<ControllerContext["informers"], { all: AllResources; users: number }>();

/** The one of a set of informers: whoever needs all resources shares it. */
export function allResources(context: ControllerContext): AllResources {
  let known = shared.get(context.informers);
  if (!known) {
    known = { all: watchAll(context, () => shared.delete(context.informers)), users: 0 };
    shared.set(context.informers, known);
  }
  known.users++;
  const entry = known;
  return {
    observe: entry.all.observe,
    release() {
      if (--entry.users === 0) entry.all.release();
    },
  };
}

function watchAll({ client, informers, clock, logger }: ControllerContext, ended: () => void): AllResources {
  const monitored = new Map<string, { found: DiscoveredResource; informer: Informer<ApiObject>; own: boolean }>();
  const observers: ResourceObserver[] = [];
  let discovered: readonly DiscoveredResource[] = [];
  let hasSynced = false;
  let stopped = false;
  let timer: Timer | undefined;

  const monitor = (found: DiscoveredResource) => {
    const name = resourceNameOf(found);
    if (monitored.has(name)) return;
    // Whoever watches whole objects already spares a second watch.
    const whole = informers.peek(name);
    // Both kinds of informers give objects with metadata, which is all that is used here.
    const informer = whole ?? (informers.get(name, METADATA) as unknown as Informer<ApiObject>);
    monitored.set(name, { found, informer, own: !whole });
    for (const observer of observers) observer.added(found, informer);
  };
  const unmonitor = (name: string) => {
    const known = monitored.get(name);
    if (!known) return;
    monitored.delete(name);
    for (const observer of observers) observer.removed(known.found, known.informer);
    if (known.own) informers.drop(name, METADATA);
  };
  const look = async (): Promise<void> => {
    const { resources, failed } = await discoverResources(client.transport);
    discovered = resources;
    for (const observer of observers) observer.discovered?.(resources);
    const wanted = resources.filter(({ verbs }) => ["delete", "list", "watch"].every((verb) => verbs.includes(verb)));
    const names = new Set(wanted.map(resourceNameOf));
    // A group that does not answer just now is not gone.
    const isFailed = (name: string) => failed.some((version) => name.startsWith(`${version}/`));
    for (const name of [...monitored.keys()]) if (!names.has(name) && !isFailed(name)) unmonitor(name);
    wanted.filter((found) => !isEvent(found)).forEach(monitor);
    await Promise.all([...monitored.values()].map(({ informer }) => informer.synced));
    if (stopped) return;
    hasSynced = true;
    for (const observer of observers) observer.synced();
  };
  const schedule = (milliseconds: number) => {
    timer?.cancel();
    timer = clock.setTimeout(() => {
      look().catch((error: unknown) => {
        if (stopped) return;
        logger.warn({ err: error }, "discovery failed, trying again");
        schedule(RETRY_MS);
      });
    }, milliseconds);
  };
  for (const resource of SOURCES) {
    const again = () => schedule(SETTLE_MS);
    informers.get(resource).addHandler({ added: again, updated: again, deleted: again });
  }
  schedule(0);

  return {
    observe(observer) {
      observers.push(observer);
      observer.discovered?.(discovered);
      for (const { found, informer } of monitored.values()) observer.added(found, informer);
      if (hasSynced) observer.synced();
    },
    release() {
      stopped = true;
      timer?.cancel();
      ended();
    },
  };
}

/** Events own nothing, come and go by thousands, and expire by themselves. (DefaultIgnoredResources) */
const isEvent = ({ resource, group }: DiscoveredResource): boolean =>
  resource === "events" && (!group || group === "events.k8s.io");
