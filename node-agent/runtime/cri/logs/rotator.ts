import type { Clock, Logger } from "../../../../client/index.ts";
import type { CriClient } from "../api/client.ts";
import type { LogFiles } from "./log-files.ts";
import { type LogLimits, rotateLog } from "./rotate.ts";

/** How often logs are looked at for their size, in ms. (containerLogMonitorInterval) */
const LOOK = 10_000;

export interface LogRotatorOptions {
  readonly client: Pick<CriClient, "reopenContainerLog">;
  readonly logs: LogFiles;
  readonly limits: LogLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Containers that run: by `uid/name`, and as the runtime knows them. */
  running(): readonly { readonly key: string; readonly id: string }[];
}

/** Keeps the logs of running containers from growing too large. (pkg/kubelet/logs/container_log_manager.go) */
export class LogRotator {
  readonly #options: LogRotatorOptions;
  readonly #timer: NodeJS.Timeout;
  #last = Promise.resolve();

  constructor(options: LogRotatorOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#last = this.#last.then(() => this.#look());
    }, LOOK).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { client, logs, limits, clock, logger, running } = this.#options;
    for (const { key, id } of running()) {
      const [uid = "", name = ""] = key.split("/");
      const path = logs.find(uid, name, 0);
      if (!path) continue;
      await rotateLog(path, limits, clock.now(), () => client.reopenContainerLog(id)).catch((error: unknown) =>
        logger.warn({ err: error, path }, "rotating a log failed"),
      );
    }
  }
}
