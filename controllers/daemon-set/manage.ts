import type { Action } from "../../client/index.ts";
import type { DaemonSet } from "../../openapi/api/apps.v1.ts";
import type { Node, Pod } from "../../openapi/api/core.v1.ts";
import { scaledValue } from "../int-or-percent.ts";
import { tell } from "../pod-control.ts";
import { isAvailable, isReady } from "../pods.ts";
import { HASH_LABEL, placement } from "./placement.ts";

/** A daemon that fails again and again is not replaced more often than this. */
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 15 * 60_000;

/** Set and node → when its daemon last failed, and how often in a row. */
export type Failures = Map<string, { atMs: number; waitMs: number }>;

/** What one round makes and takes away, and when to look again. */
export interface Plan {
  create: string[];
  remove: Readonly<Pod>[];
  events: Action[];
  againMs: number;
}

/** Nodes without their daemon, and daemons without their node. (manage) */
export function manage(
  set: Readonly<DaemonSet>,
  nodes: readonly Readonly<Node>[],
  onNode: ReadonlyMap<string, readonly Readonly<Pod>[]>,
  { hash, now, failures }: { readonly hash: string; readonly now: Date; readonly failures: Failures },
): Plan {
  const plan: Plan = { create: [], remove: [], events: [], againMs: Number.POSITIVE_INFINITY };
  const { type, rollingUpdate } = set.spec.updateStrategy;
  const surges = type === "RollingUpdate" && scaledValue(rollingUpdate?.maxSurge, 1, true) > 0;
  for (const node of nodes) {
    const name = node.metadata.name ?? "";
    const here = onNode.get(name) ?? [];
    const { run, stay } = placement(set, node);
    if (!stay) {
      plan.remove.push(...here.filter(({ metadata }) => !metadata.deletionTimestamp));
      continue;
    }
    if (!here.length) {
      if (run) plan.create.push(name);
      continue;
    }
    const running = here.filter((pod) => {
      if (pod.metadata.deletionTimestamp) return false;
      const { phase } = pod.status;
      if (phase !== "Failed" && phase !== "Succeeded") return true;
      const what = `${pod.metadata.namespace}/${pod.metadata.name} on node ${name}`;
      if (phase === "Succeeded") {
        const message = `Found succeeded daemon pod ${what}, will try to delete it`;
        plan.events.push(tell(set, "Normal", "SucceededDaemonPod", message));
      } else {
        const wait = backoff(`${set.metadata.uid}/${name}`, failures, now);
        if (wait > 0) {
          plan.againMs = Math.min(plan.againMs, wait);
          return false;
        }
        const message = `Found failed daemon pod ${what}, will try to kill it`;
        plan.events.push(tell(set, "Warning", "FailedDaemonPod", message));
      }
      plan.remove.push(pod);
      return false;
    });
    if (!surges) plan.remove.push(...running.slice(1));
    else if (!running.length && run) plan.create.push(name);
    else if (running.length > 1) plan.remove.push(...excess(set, running, hash, now));
  }
  // Bound to a node that is gone before it was scheduled: nobody else will ever take it away.
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  for (const [name, here] of onNode) {
    if (!known.has(name))
      plan.remove.push(...here.filter(({ spec, metadata }) => !spec.nodeName && !metadata.deletionTimestamp));
  }
  return plan;
}

/**
 * While a set surges, a node has its oldest new and its oldest old daemon: the old one for as long as it is ready and
 * the new one not yet available.
 */
function excess(
  { spec }: Readonly<DaemonSet>,
  running: readonly Readonly<Pod>[],
  hash: string,
  now: Date,
): Readonly<Pod>[] {
  const isNew = ({ metadata }: Readonly<Pod>) => metadata.labels?.[HASH_LABEL] === hash;
  const fresh = running.find(isNew);
  const old = running.find((pod) => !isNew(pod));
  const others = running.filter((pod) => pod !== fresh && pod !== old);
  if (!fresh || !old) return others;
  return !isReady(old) || isAvailable(fresh, spec.minReadySeconds ?? 0, now) ? [...others, old] : others;
}

/** Milliseconds to wait before a failed daemon is replaced; counts the replacement when it is 0. */
function backoff(id: string, failures: Failures, now: Date): number {
  const last = failures.get(id);
  if (last) {
    const left = last.atMs + last.waitMs - now.getTime();
    if (left > 0) return left;
  }
  const isOld = last && now.getTime() - last.atMs > 2 * LONGEST_BACKOFF_MS;
  const waitMs = last && !isOld ? Math.min(last.waitMs * 2, LONGEST_BACKOFF_MS) : FIRST_BACKOFF_MS;
  failures.set(id, { atMs: now.getTime(), waitMs });
  return 0;
}

/** Bound ones first, then the oldest. (podByCreationTimestampAndPhase) */
export function byAge(pods: readonly Readonly<Pod>[]): Readonly<Pod>[] {
  const text = ({ metadata, spec }: Readonly<Pod>) =>
    `${spec.nodeName ? 0 : 1}${metadata.creationTimestamp}\0${metadata.name}`;
  return [...pods].sort((a, b) => (text(a) < text(b) ? -1 : 1));
}
