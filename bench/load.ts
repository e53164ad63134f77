export interface LoadOptions {
  /** Requests in all. */
  readonly count: number;
  /** Requests in flight at once. */
  readonly concurrency: number;
  send(n: number): Promise<{ status: number }>;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers of 400 and above. */
  readonly failed: number;
}

/** Keeps so many requests in flight until all have been answered. */
export async function load({ count, concurrency, send }: LoadOptions): Promise<LoadResult> {
  const times: number[] = [];
  let next = 0;
  let failed = 0;
  const began = performance.now();
  const worker = async () => {
    while (next < count) {
      const n = next++;
      const sent = performance.now();
      const { status } = await send(n);
      times.push(performance.now() - sent);
      if (status >= 400) failed++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - began) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { perSecond: count / seconds, p50: at(0.5), p99: at(0.99), failed };
}
