import { Cron } from "croner";
import { durationMs } from "../client/index.ts";
import { messageOf } from "./pod-control.ts";

/** Times at which a CronJob is due. (github.com/robfig/cron/v3) */
export interface CronSchedule {
  /** undefined: never again, such as the 31st of February. */
  next(after: Date): Date | undefined;
}

const NAMED: Record<string, string> = { "@midnight": "@daily", "@annually": "@yearly" };
const SECOND = 1000;
/** So many missed times point to a clock that has jumped. */
const MANY = 100;

/** @param zone in which times of the day are meant @returns the problem's text when it is no schedule. */
export function parseSchedule(text: string, zone: string): CronSchedule | string {
  try {
    const prefixed = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(text);
    const pattern = prefixed?.[2] ?? text;
    const [, every] = /^@every (.+)$/.exec(pattern) ?? [];
    if (every !== undefined) return everySo(every);
    const cron = new Cron(NAMED[pattern] ?? pattern, { timezone: prefixed?.[1] ?? zone, paused: true, mode: "5-part" });
    return { next: (after) => cron.nextRun(after) ?? undefined };
  } catch (error) {
    return messageOf(error);
  }
}

/** At whole seconds, a second apart at least. */
function everySo(duration: string): CronSchedule {
  const step = Math.max(SECOND, Math.trunc(durationMs(duration) / SECOND) * SECOND);
  return { next: (after) => new Date(Math.trunc(after.getTime() / SECOND) * SECOND + step) };
}

/** The latest time of a schedule that is due. `missed` says whether more than a hundred are. */
export interface Due {
  readonly time?: Date;
  readonly many: boolean;
}

/**
 * What is due at `now` of all times after `from`. (mostRecentScheduleTime in pkg/controller/cronjob/utils.go)
 * @returns undefined where there are no two different times
 */
export function latestDue(schedule: CronSchedule, from: Date, now: Date): Due | undefined {
  const first = schedule.next(from);
  const second = first && schedule.next(first);
  if (!first || !second || second.getTime() - first.getTime() < SECOND / 2) return undefined;
  if (now < first) return { many: false };
  if (now < second) return { time: first, many: false };
  // Walking through every time since a jump of the clock could take for ever: near the end is near enough to begin.
  const step = second.getTime() - first.getTime();
  const missed = Math.floor((now.getTime() - first.getTime()) / step) + 1;
  let time: Date | undefined;
  for (
    let next = schedule.next(new Date(first.getTime() + (missed - 2) * step));
    next && next <= now;
    next = schedule.next(next)
  )
    time = next;
  return { ...(time && { time }), many: missed > MANY };
}
