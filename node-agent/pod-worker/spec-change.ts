import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";
import { gracePeriod } from "./grace-period.ts";
import type { PodEvent } from "./pod-event.ts";
import type { PodResize } from "./pod-resize.ts";
import { type AmountsBefore, changedResources, resize } from "./resize.ts";

export interface SpecChangeOptions {
  readonly event: PodEvent;
  readonly resizes: PodResize;
  pod(): Pod;
  /** The container has a new image, and need not wait any longer. */
  retryNow(record: ContainerRecord): void;
  statusChanged(): void;
}

/** Containers whose image or resources the user changed. Image: restart; resources: in place, where that may be. */
export function applySpecChange(records: readonly ContainerRecord[], options: SpecChangeOptions): void {
  const { event, resizes, retryNow } = options;
  const pod = options.pod();
  const all = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])];
  const changes = records.flatMap((record) => {
    const wanted = all.find(({ name }) => name === record.container.name);
    return wanted && JSON.stringify(wanted) !== JSON.stringify(record.container)
      ? [{ record, wanted, before: record.container }]
      : [];
  });
  const podBefore = resizes.podResources;
  const isPodResize = changedResources({ resources: podBefore }, pod.spec).length > 0;
  const isResize = isPodResize || changes.some(({ before, wanted }) => changedResources(before, wanted).length > 0);
  const takes = isResize && resizes.begin();
  if (!isResize && resizes.isPending) resizes.withdraw();
  for (const { record, wanted, before } of changes) {
    // What the node has no room for is as if it were not asked for yet.
    const container = takes ? wanted : withResources(wanted, before);
    Object.assign(record, { container });
    if (wanted.image === before.image) continue;
    if (record.running && record.role !== "init") {
      const message = `Container ${wanted.name} definition changed, will be restarted`;
      event("Normal", "Killing", message, wanted.name);
      record.running.stop(gracePeriod(pod));
    } else if (!record.running) retryNow(record);
  }
  if (isResize) options.statusChanged();
  if (!takes) return;
  const others = isPodResize ? records.filter(({ role }) => role !== "ephemeral") : [];
  const affected = new Set([...changes.map(({ record }) => record), ...others]);
  const resized = [...affected].flatMap((record) => {
    const change = changes.find((one) => one.record === record);
    // With another image it begins anew, and has the amounts then.
    if (change && change.wanted.image !== change.before.image) return [];
    return [{ record, before: { container: change?.before ?? record.container, pod: podBefore } }];
  });
  void carryOut(resized, options);
}

function withResources(wanted: Container, { resources }: Container): Container {
  const { resources: _, ...rest } = wanted;
  return { ...rest, ...(resources && { resources }) };
}

async function carryOut(
  changes: readonly { record: ContainerRecord; before: AmountsBefore }[],
  { event, pod, resizes, statusChanged }: SpecChangeOptions,
): Promise<void> {
  const results = await Promise.allSettled(changes.map(({ record, before }) => resize(record, before, { event, pod })));
  const failed = results.find((result) => result.status === "rejected");
  resizes.done(failed && (failed.reason instanceof Error ? failed.reason.message : String(failed.reason)));
  statusChanged();
}
