import type { Key } from "../../client/index.ts";
import type { Pod, Service } from "../../openapi/api/core.v1.ts";
import { podCondition } from "../pods.ts";

/** Since when what is written holds, so that proxies can tell how late they learn of it. (KEP-0755 of sig-network SLIs) */
export const TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time";

/** Remembers of each service what was seen of it and its Pods last. (endpointslice/util/trigger_time_tracker.go) */
export class TriggerTimes {
  readonly #seen = new Map<Key, { service: string; pods: ReadonlyMap<string, string> }>();

  /** The earliest of all times that are new since the last call; undefined when none is. Whole seconds, RFC 3339. */
  next(key: Key, { metadata }: Readonly<Service>, pods: readonly Readonly<Pod>[]): string | undefined {
    const service = metadata.creationTimestamp ?? "";
    const times = new Map(
      pods.flatMap((pod) => {
        const time = podCondition(pod, "Ready")?.lastTransitionTime;
        return time ? [[pod.metadata.name ?? "", time] as const] : [];
      }),
    );
    const before = this.#seen.get(key);
    this.#seen.set(key, { service, pods: times });
    if (!before) return service || undefined;
    const changed = [...times].filter(([name, time]) => time > (before.pods.get(name) ?? "")).map(([, time]) => time);
    if (service > before.service) changed.push(service);
    return changed.sort()[0];
  }

  forget(key: Key): void {
    this.#seen.delete(key);
  }
}

/** Annotations with the time, or without one. */
export function withTriggerTime(
  annotations: Readonly<Record<string, string>> | undefined,
  time: string | undefined,
): Record<string, string> | undefined {
  const { [TRIGGER_TIME]: _old, ...rest } = annotations ?? {};
  if (time) return { ...rest, [TRIGGER_TIME]: time };
  return Object.keys(rest).length ? rest : undefined;
}
