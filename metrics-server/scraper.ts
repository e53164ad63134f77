import { type Clock, type Logger, sleep, type Transport } from "../client/index.ts";
import { type NodeSample, parseExposition } from "./exposition.ts";
import { type NodeUsage, usageBetween } from "./usage.ts";

/** What was seen less than this many ms ago is not asked for again. */
const FRESH = 5_000;
/** A look older than this many ms tells nothing about now. */
const STALE = 60_000;
/** Two looks are this many ms apart at least. */
const SHORTEST = 1_000;

interface History {
  before?: NodeSample;
  latest?: NodeSample;
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
export function createScraper(transport: Transport, clock: Clock, logger: Logger): Scraper {
  const histories = new Map<string, History>();

  async function look(node: string): Promise<NodeSample> {
    const path = `/api/v1/nodes/${encodeURIComponent(node)}/proxy/metrics/resource`;
    const text = await transport.request({ method: "GET", path, accept: "text/plain" });
    return parseExposition(String(text), clock.now());
  }

  async function ask(node: string, history: History): Promise<NodeUsage | undefined> {
    try {
      if (!history.latest) {
        history.latest = await look(node);
        await sleep(clock, SHORTEST);
      }
      if (!history.before || ageOf(history.latest) >= FRESH) {
        const before = history.latest;
        history.latest = await look(node);
        history.before = before;
      }
      return usageBetween(history.before, history.latest);
    } catch (error) {
      logger.warn({ err: error, node }, "failed to scrape node");
      histories.delete(node);
      return undefined;
    }
  }

  const ageOf = ({ at }: NodeSample) => clock.now().getTime() - at.getTime();

  /** Also of nodes that are gone. */
  function forgetStale(): void {
    for (const [node, { latest, asking }] of histories)
      if (!asking && latest && ageOf(latest) > STALE) histories.delete(node);
  }

  return {
    async usageOf(nodes) {
      forgetStale();
      const found = await Promise.all(
        nodes.map(async (node) => {
          const history = histories.get(node) ?? {};
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
