import type { Clock, Informer, Logger } from "../../client/index.ts";
import { keyOf } from "../../client/index.ts";
import type { Service } from "../../openapi/api/core.v1.ts";
import type { EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import type { Family } from "../address.ts";
import type { Conntrack } from "../conntrack/conntrack.ts";
import { staleFlows } from "../conntrack/stale-flows.ts";
import type { CheckedService } from "../health/service-health.ts";
import type { ProxyMetrics } from "../metrics.ts";
import type { Nft } from "../nftables/nft.ts";
import { Ruleset } from "../nftables/ruleset.ts";
import { SyncLoop } from "../sync-loop.ts";
import type { RuleSettings } from "./service-rules.ts";
import { type ServiceState, serviceState, withoutLocalEndpoints } from "./service-state.ts";
import { nodePortElements, serviceTable } from "./service-table.ts";

/** Everything is written anew so often, in case somebody else changed it, in ms. (proxyutil.FullSyncPeriod) */
const FULL_SYNC = 3600_000;
/** When what a change of endpoints answers happened. */
const TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time";
const SERVICE_NAME = "kubernetes.io/service-name";

export interface ProxierOptions {
  readonly family: Family;
  readonly services: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  /** What rules depend on besides, as it is now. */
  settings(): RuleSettings;
  readonly nft: Nft;
  readonly conntrack: Conntrack;
  readonly metrics: ProxyMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Least pause between two syncs, and before one that failed is tried again, in ms. */
  readonly minSyncPeriod: number;
  readonly syncPeriod: number;
  /** A change waits. */
  queued(): void;
  /** The kernel has all there is. */
  synced(checked: ReadonlyMap<string, CheckedService>): void;
}

export interface Proxier {
  /** Looks at settings again. */
  settingsChanged(): void;
  stop(): Promise<void>;
}

/** Name of the index of slices by the key of their Service; also how both handlers name a Service. */
const BY_SERVICE = "service";
const serviceOf = ({ metadata }: Readonly<EndpointSlice>) =>
  `${metadata.namespace ?? ""}/${metadata.labels?.[SERVICE_NAME] ?? ""}`;

/** Keeps the kernel's rules for Services of one family. Both informers have their first list. (pkg/proxy/nftables) */
export function runProxier(options: ProxierOptions): Proxier {
  const { family, services, slices, nft, metrics, clock, logger } = options;
  const started = clock.now().getTime();
  const ruleset = new Ruleset(serviceTable(options.settings()));
  const states = new Map<string, ServiceState>();
  const dirty = new Set<string>();
  /** What of it is due to changes of one or the other. */
  const pending = { service: new Set<string>(), endpoint: new Set<string>() };
  /** Since when changes wait, in ms. */
  let triggers: number[] = [];
  let settings = "";
  let lastFull: number | undefined;

  const loop = new SyncLoop({ clock, pause: options.minSyncPeriod, retry: options.syncPeriod, sync });
  const changed = (what: "service" | "endpoint", key: string) => {
    metrics.changed(what);
    metrics.pending(what, pending[what].add(key).size);
    dirty.add(key);
    options.queued();
    metrics.queued(family, clock.now());
    loop.request();
  };

  slices.addIndex(BY_SERVICE, (slice) => [serviceOf(slice)]);
  let watching = false;
  const service = (object: Service) => {
    if (!watching) return;
    changed("service", keyOf(object));
  };
  const slice = (object: EndpointSlice) => {
    if (!watching || object.addressType !== family) return;
    const at = Date.parse(object.metadata.annotations?.[TRIGGER_TIME] ?? "");
    if (at > started) triggers.push(at);
    changed("endpoint", serviceOf(object));
  };
  services.addHandler({ added: service, updated: service, deleted: service });
  slices.addHandler({ added: slice, updated: slice, deleted: slice });
  // What there is already is looked at as a whole.
  watching = true;
  loop.request();

  /** Works out the Services that may have changed. @returns whether any of them speaks UDP */
  function recompute(current: RuleSettings): boolean {
    let udp = false;
    for (const key of dirty) {
      const object = services.lister.get(key);
      const state = object && serviceState(object, slices.lister.by(BY_SERVICE, key), current);
      for (const each of [state, states.get(key)])
        udp ||= each?.ports.some(([{ protocol }]) => protocol === "UDP") ?? false;
      if (state) states.set(key, state);
      else states.delete(key);
      ruleset.replace(key, state?.fragment);
    }
    dirty.clear();
    for (const what of ["service", "endpoint"] as const) {
      pending[what].clear();
      metrics.pending(what, 0);
    }
    return udp;
  }

  async function sync(): Promise<number> {
    const start = clock.now().getTime();
    const waited = triggers;
    triggers = [];
    const current = options.settings();
    const text = JSON.stringify(current);
    if (text !== settings) {
      settings = text;
      lastFull = undefined;
      ruleset.table = serviceTable(current);
      ruleset.replace("", { chains: [], sets: [], elements: nodePortElements(current) });
      for (const object of services.lister.list()) dirty.add(keyOf(object));
    }
    const isFull = lastFull === undefined || start - lastFull >= FULL_SYNC;
    const udp = recompute(current);
    try {
      await cleanUp(start);
      const commands = isFull ? ruleset.full(await nft.existing(...table(current)), start) : ruleset.changes(start);
      if (commands !== undefined) await nft.run(commands);
    } catch (error) {
      metrics.failed(family, "sync");
      logger.error({ err: error, family }, "rules of Services cannot be set, trying again");
      lastFull = undefined;
      triggers.unshift(...waited);
      throw error;
    }
    ruleset.applied();
    if (isFull) lastFull = start;
    const end = clock.now();
    metrics.synced(family, isFull ? "full" : "partial", (end.getTime() - start) / 1000, end);
    for (const at of waited) metrics.programmed(family, (end.getTime() - at) / 1000);
    const without = withoutLocalEndpoints(states.values());
    metrics.noLocalEndpoints(family, "internal", without.internal);
    metrics.noLocalEndpoints(family, "external", without.external);
    options.synced(checkedServices());
    if (udp) await cleanConntrack();
    return ruleset.cleanUpIn(end.getTime()) ?? FULL_SYNC;
  }

  const table = ({ table: name }: RuleSettings) => [family === "IPv4" ? "ip" : "ip6", name] as const;

  async function cleanUp(now: number): Promise<void> {
    const commands = ruleset.cleanUp(now);
    if (commands === undefined) return;
    await nft.run(commands).catch((error: unknown) => {
      metrics.failed(family, "cleanup");
      logger.warn({ err: error, family }, "old chains cannot be deleted yet");
      // Then all is listed, and what is left found again.
      lastFull = undefined;
    });
  }

  function checkedServices(): ReadonlyMap<string, CheckedService> {
    const checked = new Map<string, CheckedService>();
    for (const [key, { healthCheckNodePort: port, localEndpoints }] of states) {
      if (port === 0) continue;
      const [namespace = "", name = ""] = key.split("/");
      checked.set(key, { namespace, name, port, localEndpoints });
    }
    return checked;
  }

  async function cleanConntrack(): Promise<void> {
    const start = clock.now().getTime();
    try {
      const flows = staleFlows(
        await options.conntrack.listUdp(family),
        [...states.values()].flatMap(({ ports }) => ports),
      );
      const deleted = await options.conntrack.delete(family, flows);
      metrics.conntrackCleaned(family, deleted, (clock.now().getTime() - start) / 1000);
    } catch (error) {
      logger.warn({ err: error, family }, "tracked UDP connections cannot be cleaned up");
    }
  }

  return {
    settingsChanged() {
      if (JSON.stringify(options.settings()) !== settings) loop.request();
    },
    async stop() {
      watching = false;
      await loop.stop();
    },
  };
}
