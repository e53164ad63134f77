import type { Process } from "../behaviour.ts";
import { nameOf } from "./command.ts";

const SIGTERM = 15;
/** The container's first process. */
const FIRST = "1";
/** Signals that end a program which has a handler for SIGTERM. */
const ENDING: readonly number[] = [2, 3, SIGTERM];
const SIGNALS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  TERM: SIGTERM,
  CONT: 18,
  STOP: 19,
};

/**
 * `kill` for the container's first process. (busybox procps/kill.c)
 * @param own sends a signal to a process that the caller knows besides @returns false when it knows none by that number
 */
export async function kill(process: Process, own?: (pid: string, signal: number) => boolean): Promise<number> {
  const complain = (text: string) => {
    process.stderr.write(`${nameOf(process)}: ${text}\n`);
    return 1;
  };
  const [first = "", ...rest] = process.args.slice(1);
  const named = first === "-s" ? rest.shift() : /^-(.+)$/.exec(first)?.[1];
  const signal = named === undefined ? SIGTERM : signalNumber(named);
  const pids = named === undefined ? process.args.slice(1) : rest;
  if (signal === undefined) return complain(`bad signal name '${named}'`);
  if (pids.length === 0) return complain("you need to specify whom to kill");
  let code = 0;
  for (const pid of pids) {
    // The kernel keeps from the first one what it has no handler for, SIGKILL too.
    if (pid === FIRST && ENDING.includes(signal)) process.terminateFirst();
    if (pid !== FIRST && !own?.(pid, signal)) code = complain(`can't kill pid ${pid}: No such process`);
  }
  return code;
}

/** The number of a signal by its name, with or without SIG, or its number. */
const signalNumber = (name: string): number | undefined =>
  /^\d+$/.test(name) ? Number(name) : SIGNALS[name.replace(/^SIG/i, "").toUpperCase()];
