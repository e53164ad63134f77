import type { AppOptions } from "../http/app-options.ts";

/** One line of JSON a request on stderr at level `debug` and finer; nothing otherwise, and nothing is loaded for it. */
export async function requestLog(level: string): Promise<AppOptions["log"]> {
  if (level !== "debug" && level !== "trace") return undefined;
  const { pino } = await import("pino");
  const logger = pino({ name: "server", level }, pino.destination({ dest: 2, sync: true }));
  return ({ requestInfo, responseCode, auditId, user }, method, seconds) => {
    const { path, verb } = requestInfo;
    logger.debug({ method, path, verb, code: responseCode, user: user.name, auditId, seconds }, "request");
  };
}
