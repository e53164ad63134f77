import { type Logger, pino } from "pino";

export type { Logger } from "pino";

/** Structured logs on stderr: stdout is for scripts. */
export function createLogger(name: string, level: string): Logger {
  return pino({ name, level }, pino.destination({ dest: 2, sync: true }));
}

/** Says nothing: for tests. */
export const silentLogger: Logger = pino({ level: "silent" });
