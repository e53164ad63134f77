import { readdirSync, readFileSync } from "node:fs";

/** Processes of this machine whose command line is as wanted. @param isWanted of the words of it */
export function processesWith(isWanted: (words: readonly string[], pid: number) => boolean): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return isWanted(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0"), pid);
      } catch {
        return false; // it has ended meanwhile
      }
    });
}

/** What follows a word of a command line. */
export const wordAfter = (words: readonly string[], word: string): string | undefined =>
  words.includes(word) ? words[words.indexOf(word) + 1] : undefined;

/** Sends a signal to a process, which may have ended meanwhile. */
export function kill(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
