import { Series } from "../series.ts";

/** A metric of priority and fairness that is filled when it is read. */
export class Derived extends Series {
  readonly #fill: (series: Series) => void;

  constructor(
    name: string,
    type: "gauge" | "histogram",
    help: string,
    labels: readonly string[],
    fill: (series: Series) => void,
    buckets: readonly number[] = [],
  ) {
    super(`apiserver_flowcontrol_${name}`, type, help, labels, buckets);
    this.#fill = fill;
  }

  override async get(): Promise<object> {
    this.#fill(this);
    return super.get();
  }
}
