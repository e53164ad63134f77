import { ConfigReloadMetrics, type ConfigReloadMetricsOptions } from "../http/config-reload-metrics.ts";
import type { Series } from "../http/series.ts";
import type { Clock } from "../storage/clock.ts";
import { watchFile } from "./watch-file.ts";

export interface FollowOptions extends ConfigReloadMetricsOptions {
  /** What it held when it was last read: that is in effect. */
  readonly text: string;
  readonly clock: Clock;
  /** Puts another text into effect. @throws Error when it is wrong: what was stays */
  readonly apply: (text: string) => Promise<void>;
  /** What an error message begins with. */
  readonly failure: { readonly reload: string; readonly read: string };
  readonly onError: (message: string) => void;
  /**
   * When to try again what could not be put into effect. Absent: not before the file changes, which is for texts that
   * will always be wrong. @param failures in a row before this one @returns milliseconds, a minute counting for any more
   */
  readonly retryAfter?: (error: unknown, failures: number) => number | undefined;
  /** False: the file stays as it was read at the start. Default true. */
  readonly reloads?: boolean;
}

/** Keeps what a configuration file says in effect, and counts how often it changed. @returns what there is to say of it */
export function followConfiguration(
  file: string,
  { text, clock, apply, failure, onError, retryAfter = () => undefined, reloads = true, ...of }: FollowOptions,
): { readonly series: readonly Series[]; stop(): void } {
  const metrics = new ConfigReloadMetrics(of);
  metrics.loaded(text);
  const failed = (what: string) => (error: unknown) => {
    metrics.failed();
    onError(`${what}: ${error instanceof Error ? error.message : error}`);
  };
  let failures = 0;
  const onChange = async (changed: string) => {
    try {
      await apply(changed);
    } catch (error) {
      failed(failure.reload)(error);
      return retryAfter(error, failures++);
    }
    failures = 0;
    metrics.reloaded(changed);
    return undefined;
  };
  const stop = reloads ? watchFile(file, { clock, text, onChange, onError: failed(failure.read) }) : () => undefined;
  return { series: metrics.series, stop };
}

/** How upstream begins messages about a file of this kind. */
export const failureOf = (what: string): FollowOptions["failure"] => ({
  reload: `failed to reload ${what} config`,
  read: `failed to read ${what} config file`,
});
