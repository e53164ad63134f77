const LONGEST_SECONDS = 32;

/**
 * How long rejected requests are told to wait: doubled while many are rejected, a second less when few are.
 * (apiserver/pkg/util/flowcontrol/dropped_requests_tracker.go)
 */
export class RetryAfter {
  /** What rejected requests are told now. */
  seconds = 1;
  #raisedAt = 0;
  #current = { second: 0, rejected: 0 };
  #history: { readonly second: number; readonly rejected: number }[] = [];

  /** @param second of the rejection, since the epoch */
  rejected(second: number): void {
    if (this.#current.second === second) {
      this.#current.rejected++;
      return;
    }
    const { second: last } = this.#current;
    const kept = Math.min(2 * this.seconds, LONGEST_SECONDS);
    this.#history = [...this.#history, this.#current].filter((past) => last - past.second <= kept);
    this.#current = { second, rejected: 1 };
    this.#adjust(second);
  }

  #adjust(second: number): void {
    const { seconds } = this;
    let count = 0;
    for (const past of this.#history) if (second - past.second <= seconds) count += past.rejected;
    if (second - this.#raisedAt >= seconds && count >= 3 * seconds) {
      this.seconds = Math.min(2 * seconds, LONGEST_SECONDS);
      this.#raisedAt = second;
    } else if (count < seconds && seconds > 1) this.seconds--;
  }
}
