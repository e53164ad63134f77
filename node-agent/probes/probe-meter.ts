/** Upper ends of the classes of durations, in seconds. (prometheus DefBuckets) */
export const DURATION_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

export type ProbeResult = "successful" | "failed" | "unknown";

/** What became of one probe of one container, over all its restarts. */
export interface ProbeCount {
  readonly podUid: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly kind: "Startup" | "Liveness" | "Readiness";
  readonly results: Record<ProbeResult, number>;
  /** Answers that took so long, by the place of their class in DURATION_SECONDS; longer ones come last. */
  readonly durations: number[];
  seconds: number;
}

/** Counts what probes say. (pkg/kubelet/prober/worker.go) */
export class ProbeMeter {
  readonly #counts = new Map<string, Map<string, ProbeCount>>();

  /** The count of one probe, which goes on where it was. */
  of(facts: Pick<ProbeCount, "podUid" | "namespace" | "pod" | "container" | "kind">): ProbeCount {
    const ofPod = this.#counts.get(facts.podUid) ?? new Map<string, ProbeCount>();
    this.#counts.set(facts.podUid, ofPod);
    const key = `${facts.container}/${facts.kind}`;
    const count = ofPod.get(key) ?? {
      ...facts,
      results: { successful: 0, failed: 0, unknown: 0 },
      durations: new Array<number>(DURATION_SECONDS.length + 1).fill(0),
      seconds: 0,
    };
    ofPod.set(key, count);
    return count;
  }

  forget(podUid: string): void {
    this.#counts.delete(podUid);
  }

  counts(): ProbeCount[] {
    return [...this.#counts.values()].flatMap((ofPod) => [...ofPod.values()]);
  }
}

/** @param seconds how long the answer took; a failure's time tells nothing and is not kept */
export function countProbe(count: ProbeCount, result: ProbeResult, seconds: number): void {
  count.results[result]++;
  if (result === "failed") return;
  const place = DURATION_SECONDS.findIndex((end) => seconds <= end);
  const index = place < 0 ? DURATION_SECONDS.length : place;
  count.durations[index] = (count.durations[index] ?? 0) + 1;
  count.seconds += seconds;
}
