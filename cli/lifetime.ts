import { Socket } from "node:net";

/** How long a stop may take before the process ends anyway, in ms: the contract is one second. */
const STOP_LIMIT = 900;

/**
 * Runs until told to stop: by SIGINT, SIGTERM or SIGHUP, or by the death of the parent that holds our descriptor
 * open (`INKUBE_PARENT_FD`), which a kill -9 of the parent cannot prevent. Then stops everything and exits.
 *
 * @param limit ms that stopping may take
 */
export function untilStopped(stop: () => Promise<void>, limit = STOP_LIMIT): Promise<never> {
  return new Promise(() => {
    let stopping = false;
    const end = (code: number) => {
      if (stopping) return;
      stopping = true;
      setTimeout(() => process.exit(code), limit);
      stop().then(
        () => process.exit(code),
        (error: unknown) => {
          process.stderr.write(`inkube: while stopping: ${error instanceof Error ? error.message : String(error)}\n`);
          process.exit(1);
        },
      );
    };
    process.on("SIGINT", () => end(0));
    process.on("SIGTERM", () => end(0));
    process.on("SIGHUP", () => end(0));
    onParentDeath(() => end(0));
  });
}

/**
 * The environment for children of ours: without INKUBE_PARENT_FD, because what has that number in them is not the
 * pipe, and they would take the first error of reading it for our death.
 */
export function environmentForChildren(): NodeJS.ProcessEnv {
  const { INKUBE_PARENT_FD: _, ...env } = process.env;
  return env;
}

/** Calls back when the parent's end of the inherited pipe closes. */
function onParentDeath(callback: () => void): void {
  const fd = Number(process.env.INKUBE_PARENT_FD);
  if (!Number.isInteger(fd) || fd < 3) return;
  // Not a file stream: its read would block a thread, for which the exit of the process would wait.
  const pipe = new Socket({ fd, readable: true, writable: false });
  pipe.on("error", callback);
  pipe.on("end", callback);
  pipe.resume();
}
