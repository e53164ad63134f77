/** How much of its estimate a level keeps when its demand falls, per period. */
const SMOOTHING = 0.977;

/**
 * How many seats a level could have used over the last period: those that its requests had, and those that they waited
 * for. (apiserver/pkg/util/flowcontrol fairqueuing/integrator.go, and seatDemandStats of apf_controller.go)
 */
export class SeatDemand {
  highWatermark = 0;
  average = 0;
  deviation = 0;
  smoothed = 0;
  #value = 0;
  #since: number;
  #began: number;
  #max = 0;
  #sum = 0;
  #squares = 0;

  /** @param now milliseconds of any clock that does not go back */
  constructor(now: number) {
    this.#since = now;
    this.#began = now;
  }

  set(value: number, now: number): void {
    this.#advance(now);
    this.#value = value;
    if (value > this.#max) this.#max = value;
  }

  /** Ends a period and begins the next. */
  settle(now: number): void {
    this.#advance(now);
    this.highWatermark = this.#max;
    const duration = now - this.#began;
    if (duration > 0) {
      this.average = this.#sum / duration;
      this.deviation = Math.sqrt(Math.max(0, this.#squares / duration - this.average ** 2));
      const envelope = this.average + this.deviation;
      this.smoothed = Math.max(envelope, SMOOTHING * this.smoothed + (1 - SMOOTHING) * envelope);
    }
    this.#began = now;
    this.#max = this.#value;
    this.#sum = 0;
    this.#squares = 0;
  }

  #advance(now: number): void {
    const duration = now - this.#since;
    this.#since = now;
    this.#sum += this.#value * duration;
    this.#squares += this.#value * this.#value * duration;
  }
}
