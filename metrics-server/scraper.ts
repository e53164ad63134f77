import { type Clock, type Logger, sleep, type Transport } from "../client/index.ts";
import { type NodeSample, parseExposition } from "./exposition.ts";
import type { OwnMetrics } from "./own-metrics.ts";
import { type NodeUsage, type Points, usageOf, withSample } from "./usage.ts";

/** What was seen less than this many ms ago is not asked for again. */
const FRESH = 5_000;
/** A look older than this many ms tells nothing about now. */
const STALE = 60_000;
/** Two looks are this many ms apart at least. */
const SHORTEST = 1_000;

interface History {
  points?: Points;
  looks: number;
  asking?: Promise<NodeUsage | undefined>;
}

export interface Scraper {
  /** By node; those that cannot be asked are left out. */
  usageOf(nodes: readonly string[]): Promise<ReadonlyMap<string, NodeUsage>>;
}

/**
 * Asks nodes when somebody asks us, and never by itself: a cluster at rest costs nothing. The first answer about a node
 * takes a second, since a rate needs two looks.
 */
export function createScraper(
  transport: Transport,
  { clock, logger, metrics }: { readonly clock: Clock; readonly logger: Logger; readonly metrics: OwnMetrics },
): Scraper {
  const histories = new Map<string, History>();
  metrics.observePoints(() => {
    const held = [...histories.values()].flatMap(({ points }) => points?.last ?? []);
    return { nodes: held.length, containers: held.reduce((sum, { containers }) => sum + containers.size, 0) };
  });

  async function look(node: string): Promise<NodeSample> {
    const path = `/api/v1/nodes/${encodeURIComponent(node)}/proxy/metrics/resource`;
    const at = clock.now().getTime();
    let success = false;
    let text: unknown;
    try {
      text = await transport.request({ method: "GET", path, accept: "text/plain" });
      success = true;
    } finally {
      metrics.asked(node, { success, seconds: (clock.now().getTime() - at) / 1000, at });
    }
    return parseExposition(String(text), clock.now());
  }

  async function ask(node: string, history: History): Promise<NodeUsage | undefined> {
    try {
      if (!history.points) {
        await addLook(node, history);
        await sleep(clock, SHORTEST);
      }
      if (history.looks < 2 || ageOf(history.points) >= FRESH) await addLook(node, history);
      return history.points && usageOf(history.points);
    } catch (error) {
      logger.warn({ err: error, node }, "failed to scrape node");
      histories.delete(node);
      return undefined;
    }
  }

  async function addLook(node: string, history: History): Promise<void> {
    history.points = withSample(history.points, await look(node));
    history.looks++;
  }

  const ageOf = (points: Points | undefined) => (points ? clock.now().getTime() - points.last.at.getTime() : Infinity);

  /** Also of nodes that are gone. */
  function forgetStale(): void {
    for (const [node, { points, asking }] of histories) if (!asking && ageOf(points) > STALE) histories.delete(node);
  }

  return {
    async usageOf(nodes) {
      forgetStale();
      const found = await Promise.all(
        nodes.map(async (node) => {
          const history = histories.get(node) ?? { looks: 0 };
          histories.set(node, history);
          history.asking ??= ask(node, history).finally(() => {
            delete history.asking;
          });
          return [node, await history.asking] as const;
        }),
      );
      return new Map(found.flatMap(([node, usage]) => (usage ? [[node, usage] as const] : [])));
    },
  };
}
