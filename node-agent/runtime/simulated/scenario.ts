import type { Pod } from "../../../openapi/api/core.v1.ts";

/**
 * Annotations of Pods that say what becomes of their containers, whatever their images do: `simulate.inkube.dev/KEY` for
 * each container, `simulate.inkube.dev/KEY.NAME` for one. Times are durations as Go writes them, from the start of the
 * container on.
 */
const PREFIX = "simulate.inkube.dev/";

export interface Scenario {
  /** `start-after`: how long starting takes. */
  readonly startAfterMs: number;
  /** `ready-after`: probes fail before. */
  readonly readyAfterMs: number;
  /** `unhealthy`: spans in which probes fail, such as `30s-60s,90s-`. */
  readonly unhealthy: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** `exit-after`: when it ends by itself. */
  readonly exitAfterMs?: number;
  /** `exit-code`: of an end by itself, or of a start that fails. */
  readonly exitCode?: number;
  /** `fail-starts`: so many starts end at once. */
  readonly failStarts: number;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function duration(text: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) throw new Error(`${JSON.stringify(text)} is no duration such as 1m30s`);
  return [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, amount, unit = ""]) => sum + Number(amount) * (UNITS[unit] ?? 0),
    0,
  );
}

function number(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${JSON.stringify(text)} is no whole number`);
  return Number(text);
}

const spans = (text: string) =>
  text.split(",").map((span) => {
    const [from = "", to] = span.trim().split("-");
    return { fromMs: duration(from), toMs: to ? duration(to) : Number.POSITIVE_INFINITY };
  });

/** @throws Error when an annotation makes no sense */
export function scenarioOf({ metadata }: Pod, container: string): Scenario {
  const { annotations = {} } = metadata;
  const read = <T>(name: string, parse: (text: string) => T): T | undefined => {
    for (const key of [`${PREFIX}${name}.${container}`, PREFIX + name]) {
      const text = annotations[key];
      if (text === undefined) continue;
      try {
        return parse(text);
      } catch (error) {
        throw new Error(`annotation ${key}: ${error instanceof Error ? error.message : error}`, { cause: error });
      }
    }
    return undefined;
  };
  const exitAfterMs = read("exit-after", duration);
  const exitCode = read("exit-code", number);
  return {
    startAfterMs: read("start-after", duration) ?? 0,
    readyAfterMs: read("ready-after", duration) ?? 0,
    unhealthy: read("unhealthy", spans) ?? [],
    failStarts: read("fail-starts", number) ?? 0,
    ...(exitAfterMs !== undefined && { exitAfterMs }),
    ...(exitCode !== undefined && { exitCode }),
  };
}

/** Why probes fail at an age; undefined when they are the container's own to answer. */
export function probeFailure({ readyAfterMs, unhealthy }: Scenario, ageMs: number): string | undefined {
  if (ageMs < readyAfterMs) return "not ready yet, as its Pod's annotations say";
  const isWell = !unhealthy.some(({ fromMs, toMs }) => ageMs >= fromMs && ageMs < toMs);
  return isWell ? undefined : "unhealthy, as its Pod's annotations say";
}
