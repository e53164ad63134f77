import { once } from "node:events";
import type { Program } from "../behaviour.ts";

const INTERRUPTED = 1;
const TERMINATED = 2;
const SIGINT = 2;
const DEFAULT_MESSAGE_PATH = "/dev/termination-log";

/** Waits for a signal, and tells of it where Pods look for last words. */
export const pause: Program = async ({ stdout, signal, files, env }) => {
  stdout.write("Paused\nSignals registered\n");
  if (!signal.aborted) await once(signal, "abort");
  const isInterrupt = signal.reason === SIGINT;
  const message = `exiting because of signal "${isInterrupt ? "interrupt" : "terminated"}"\n`;
  // Where nothing can be written, the log says it.
  await files.write(env.TERMINATION_MESSAGE_PATH || DEFAULT_MESSAGE_PATH, Buffer.from(message)).catch(() => {});
  stdout.write(message);
  return isInterrupt ? INTERRUPTED : TERMINATED;
};
