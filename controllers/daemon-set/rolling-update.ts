import type { DaemonSet } from "../../openapi/api/apps.v1.ts";
import type { Node, Pod } from "../../openapi/api/core.v1.ts";
import { scaledValue } from "../int-or-percent.ts";
import { isAvailable } from "../pods.ts";
import { isUpdated, placement } from "./placement.ts";

type OnNode = ReadonlyMap<string, readonly Readonly<Pod>[]>;

/** What one round of an update makes and takes away. Follows pkg/controller/daemon/update.go. */
export function rollingUpdate(
  set: Readonly<DaemonSet>,
  nodes: readonly Readonly<Node>[],
  onNode: OnNode,
  hash: string,
  now: Date,
): { create: string[]; remove: Readonly<Pod>[] } {
  const { maxSurge, maxUnavailable } = set.spec.updateStrategy.rollingUpdate ?? {};
  const shouldRun = new Set(
    nodes.filter((node) => placement(set, node).run).map(({ metadata }) => metadata.name ?? ""),
  );
  const surge = scaledValue(maxSurge, shouldRun.size, true);
  const unavailable = Math.max(scaledValue(maxUnavailable ?? 1, shouldRun.size, true), surge ? 0 : 1);
  const ready = (pod: Readonly<Pod>) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now);
  /** The new and the old daemon of a node; undefined when there are several of one sort, which `manage` sorts out. */
  const pair = (here: readonly Readonly<Pod>[]) => {
    const live = here.filter(({ metadata }) => !metadata.deletionTimestamp);
    const fresh = live.filter((pod) => isUpdated(set, pod, hash));
    const old = live.filter((pod) => !fresh.includes(pod));
    return fresh.length > 1 || old.length > 1 ? undefined : { fresh: fresh[0], old: old[0] };
  };
  return surge ? surging() : replacing();

  function replacing() {
    let missing = 0;
    const broken: Readonly<Pod>[] = [];
    const candidates: Readonly<Pod>[] = [];
    for (const here of onNode.values()) {
      const { fresh, old } = pair(here) ?? {};
      if (!fresh === !old)
        missing++; // none or both: about to change anyway
      else if (fresh) missing += ready(fresh) ? 0 : 1;
      else if (old && ready(old)) candidates.push(old);
      else if (old) {
        broken.push(old);
        missing++;
      }
    }
    return { create: [], remove: [...broken, ...candidates.slice(0, Math.max(0, unavailable - missing))] };
  }

  function surging() {
    let surged = 0;
    let available = 0;
    const remove: Readonly<Pod>[] = [];
    const unwanted: Readonly<Pod>[] = [];
    const atOnce: string[] = [];
    const candidates: string[] = [];
    for (const [name, here] of onNode) {
      const found = pair(here);
      if (!found) {
        surged++;
        continue;
      }
      const { fresh, old } = found;
      const serving = old ?? fresh;
      if (serving && ready(serving)) available++;
      if (!old) continue;
      if (fresh) {
        if (ready(fresh)) remove.push(old);
        else surged++;
      } else if (!shouldRun.has(name)) (ready(old) ? unwanted : remove).push(old);
      else (ready(old) ? candidates : atOnce).push(name);
    }
    // All of the wished number stays available: what is unwanted goes once there is more.
    remove.push(...unwanted.slice(0, Math.max(0, available - shouldRun.size)));
    return { create: [...atOnce, ...candidates.slice(0, Math.max(0, surge - surged))], remove };
  }
}
