import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import type { Pod } from "../../../openapi/api/core.v1.ts";
import { limitCgroup } from "./daemon/cgroup-limits.ts";
import { tierLimits } from "./pod/tiers.ts";

/** The cgroups above a node's Pods, one for each class of Pods; their limits follow what Pods there are. */
export class QosTiers {
  readonly #root: string;
  readonly #pods = new Map<string, Pod>();

  /** @param cgroupRoot above all; starts with a slash */
  constructor(cgroupRoot: string) {
    this.#root = cgroupRoot.slice(1);
  }

  /** A Pod is there, or has other amounts. @throws Error when the kernel refuses */
  set(pod: Pod): void {
    this.#pods.set(pod.metadata.uid ?? "", pod);
    this.#write();
  }

  /** It is gone. Fails not: the next Pod sets it right. */
  delete(uid: string): void {
    if (!this.#pods.delete(uid)) return;
    try {
      this.#write();
    } catch {
      // Their node may be on its way out.
    }
  }

  #write(): void {
    const limits = tierLimits([...this.#pods.values()], { cpu: cpus().length, memoryBytes: totalmem() });
    for (const [name, limit] of Object.entries(limits)) limitCgroup(join(this.#root, name), limit);
  }
}
