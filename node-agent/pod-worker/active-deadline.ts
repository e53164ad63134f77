import type { Clock, Timer } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";

/** The time that a Pod may be on the node, where it has such a limit. (pkg/kubelet/active_deadline.go) */
export class ActiveDeadline {
  readonly #clock: Clock;
  readonly #expired: (message: string) => void;
  #timer: Timer | undefined;

  /** @param expired called once that time is over */
  constructor(clock: Clock, expired: (message: string) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** Counts from here on by what the Pod says now. */
  arm({ spec }: Pod, startTime: Date): void {
    this.cancel();
    if (spec.activeDeadlineSeconds === undefined) return;
    const left = startTime.getTime() + spec.activeDeadlineSeconds * 1000 - this.#clock.now().getTime();
    this.#timer = this.#clock.setTimeout(
      () => this.#expired("Pod was active on the node longer than the specified deadline"),
      Math.max(left, 0),
    );
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}
