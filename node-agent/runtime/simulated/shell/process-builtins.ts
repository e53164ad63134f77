import { kill } from "../commands/kill.ts";
import type { Builtin, ShellState } from "./state.ts";

const SIGTERM = 15;

/** Commands of the shell about processes. (busybox shell/ash.c killcmd, waitcmd) */
export const processBuiltins: Readonly<Record<string, Builtin>> = {
  async wait(shell, pids) {
    const { signal, terminate } = shell.process;
    const left = new AbortController();
    const interrupted = new Promise<number>((resolve) => {
      for (const each of [signal, ...(terminate && shell.traps.get("TERM") ? [terminate] : [])]) {
        if (each.aborted) resolve(128 + SIGTERM);
        else each.addEventListener("abort", () => resolve(128 + SIGTERM), { once: true, signal: left.signal });
      }
    });
    const code = await Promise.race([waitFor(shell, pids), interrupted]);
    left.abort();
    shell.rested();
    return code;
  },
  kill: (shell, args, streams) =>
    kill({ ...shell.process, ...streams, args: [shell.name, ...args] }, (pid, signal) =>
      shell.jobs.kill(pidOf(pid), signal),
    ),
};

async function waitFor(shell: ShellState, pids: readonly string[]): Promise<number> {
  let code = 0;
  for (const pid of pids) code = await shell.jobs.wait(pidOf(pid));
  if (pids.length === 0) await shell.jobs.waitAll();
  return code;
}

/** `%1` is the first job, and the first process after the container's own. */
const pidOf = (word: string) => (word.startsWith("%") ? Number(word.slice(1)) + 1 : Number(word));
