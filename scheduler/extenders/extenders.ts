import type { Logger } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { Configuration } from "../config/types.ts";
import { type Candidate, EXTENDERS, type Status } from "../framework.ts";
import type { NodeInfo } from "../node-info.ts";
import { createExtender, type Extender } from "./extender.ts";

/** All extenders, asked one after the other; those that may fail come last. */
export interface Extenders {
  /** @param refused is told of the nodes that they rule out. @throws Error when one that is needed fails */
  filter(pod: Pod, nodes: readonly NodeInfo[], refused: Map<NodeInfo, Status>): Promise<readonly NodeInfo[]>;
  /** What nodes gain, by name; one that fails has no say. */
  prioritize(pod: Pod, nodes: readonly NodeInfo[]): Promise<ReadonlyMap<string, number>>;
  /** @throws Error when one that is needed fails */
  preempt(pod: Pod, candidates: readonly Candidate[]): Promise<readonly Candidate[]>;
  /** @returns false when no extender binds it. @throws Error when one that does fails */
  bind(pod: Pod, node: string): Promise<boolean>;
  close(): Promise<void>;
}

/** @returns undefined when the configuration names none. (buildExtenders) */
export function createExtenders(configuration: Configuration, logger: Logger): Extenders | undefined {
  const all = configuration.extenders.map(createExtender);
  if (!all.length) return undefined;
  return orderedExtenders([...all.filter((one) => !one.isIgnorable), ...all.filter((one) => one.isIgnorable)], logger);
}

/** In this order. (findNodesThatPassExtenders, prioritizeNodes, callExtenders, extendersBinding) */
export function orderedExtenders(all: readonly Extender[], logger: Logger): Extenders {
  /** @returns undefined when the extender failed and may */
  async function ask<T>(extender: Extender, work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if (!extender.isIgnorable) throw error;
      logger.info({ err: error, extender: extender.name }, "skipping an extender that failed");
      return undefined;
    }
  }

  return {
    async filter(pod, nodes, refused) {
      let left = nodes;
      for (const extender of all) {
        if (!left.length) break;
        if (!extender.filters || !extender.isInterested(pod)) continue;
        const result = await ask(extender, extender.filter(pod, left));
        if (!result) continue;
        const byName = new Map(left.map((node) => [node.name, node]));
        const refuse = (why: ReadonlyMap<string, string>, unresolvable: boolean) => {
          for (const [name, reason] of why) {
            const node = byName.get(name);
            if (node) refused.set(node, { plugin: EXTENDERS, reasons: [reason], unresolvable });
          }
        };
        refuse(result.failed, false);
        refuse(result.unresolvable, true);
        left = result.nodes;
      }
      return left;
    },
    async prioritize(pod, nodes) {
      const totals = new Map<string, number>();
      const asked = all.filter((extender) => extender.prioritizes && extender.isInterested(pod));
      for (const answer of await Promise.allSettled(asked.map((extender) => extender.prioritize(pod, nodes)))) {
        if (answer.status === "rejected") {
          logger.debug({ err: answer.reason }, "an extender gave no scores");
          continue;
        }
        for (const [name, score] of answer.value) totals.set(name, (totals.get(name) ?? 0) + score);
      }
      return totals;
    },
    async preempt(pod, candidates) {
      let left = candidates;
      for (const extender of all) {
        if (!left.length) break;
        if (!extender.preempts || !extender.isInterested(pod)) continue;
        const result = await ask(extender, extender.preempt(pod, left));
        if (!result) continue;
        const empty = result.find(({ victims }) => !victims.length);
        if (empty && !extender.isIgnorable)
          throw new Error(`expected at least one victim pod on node "${empty.node.name}"`);
        left = result.filter(({ victims }) => victims.length);
      }
      return left;
    },
    async bind(pod, node) {
      for (const extender of all) {
        if (!extender.binds || !extender.isInterested(pod)) continue;
        const isBound = await ask(
          extender,
          extender.bind(pod, node).then(() => true),
        );
        if (isBound) return true;
      }
      return false;
    },
    async close() {
      await Promise.all(all.map((extender) => extender.close()));
    },
  };
}
