import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";
import { gracePeriod } from "./grace-period.ts";
import type { PodEvent } from "./pod-event.ts";
import { resize } from "./resize.ts";

export interface SpecChangeOptions {
  readonly event: PodEvent;
  pod(): Pod;
  /** The container has a new image, and need not wait any longer. */
  retryNow(record: ContainerRecord): void;
  statusChanged(): void;
}

/** Containers whose image or resources the user changed. Image: restart; resources: in place, where that may be. */
export function applySpecChange(records: readonly ContainerRecord[], options: SpecChangeOptions): void {
  const pod = options.pod();
  for (const record of records) {
    const wanted = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])].find(
      ({ name }) => name === record.container.name,
    );
    if (!wanted || JSON.stringify(wanted) === JSON.stringify(record.container)) continue;
    const imageChanged = wanted.image !== record.container.image;
    const before = record.container;
    Object.assign(record, { container: wanted });
    if (imageChanged && record.running && record.role !== "init") {
      const message = `Container ${wanted.name} definition changed, will be restarted`;
      options.event("Normal", "Killing", message, wanted.name);
      record.running.stop(gracePeriod(pod));
    } else if (record.running && !imageChanged) {
      void resize(record, before, options);
    } else if (imageChanged && !record.running) {
      options.retryNow(record);
    }
  }
}
