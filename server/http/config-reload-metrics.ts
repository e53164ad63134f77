import { createHash } from "node:crypto";
import { Series } from "./series.ts";

/** `sha256:…` of what must not be a label itself; "" of nothing. */
export const labelHash = (text: string): string =>
  text && `sha256:${createHash("sha256").update(text, "utf8").digest("hex")}`;

export interface ConfigReloadMetricsOptions {
  /** Configuration of what: the middle of the metrics' names. */
  readonly of: "authentication" | "authorization" | "encryption";
  readonly serverId: string;
  readonly now: () => Date;
}

const HELP: Readonly<Record<ConfigReloadMetricsOptions["of"], readonly [string, string]>> = {
  authentication: [
    "[BETA] Total number of automatic reloads of authentication configuration split by status and apiserver identity.",
    "[BETA] Timestamp of the last automatic reload of authentication configuration split by status and apiserver identity.",
  ],
  authorization: [
    "[BETA] Total number of automatic reloads of authorization configuration split by status and apiserver identity.",
    "[BETA] Timestamp of the last automatic reload of authorization configuration split by status and apiserver identity.",
  ],
  encryption: [
    "[ALPHA] Total number of reload successes and failures of encryption configuration split by apiserver identity.",
    "[ALPHA] Timestamp of the last successful or failed automatic reload of encryption configuration split by apiserver identity.",
  ],
};

/** What becomes of a configuration file that is read again whenever it changes. (apiserver/pkg/server/options/…config/metrics) */
export class ConfigReloadMetrics {
  readonly #reloads: Series;
  readonly #times: Series;
  readonly #info: Series;
  readonly #id: string;
  readonly #now: () => Date;
  readonly series: readonly Series[];

  constructor({ of, serverId, now }: ConfigReloadMetricsOptions) {
    const prefix = `apiserver_${of}_config_controller_`;
    const [reloads, times] = HELP[of];
    const labels = ["status", "apiserver_id_hash"];
    this.#reloads = new Series(`${prefix}automatic_reloads_total`, "counter", reloads, labels);
    this.#times = new Series(`${prefix}automatic_reload_last_timestamp_seconds`, "gauge", times, labels);
    this.#info = new Series(
      `${prefix}last_config_info`,
      "gauge",
      `[ALPHA] Information about the last applied ${of} configuration with hash as label, split by apiserver identity.`,
      ["apiserver_id_hash", "hash"],
    );
    this.series = [this.#reloads, this.#times, this.#info];
    this.#id = labelHash(serverId);
    this.#now = now;
  }

  /** This text is in effect, since the start. */
  loaded(text: string): void {
    this.#info.reset();
    this.#info.set(`${this.#id}\0${labelHash(text)}`, 1);
  }

  /** A changed text is in effect. */
  reloaded(text: string): void {
    this.#count("success");
    this.loaded(text);
  }

  /** A changed text is of no use; the one before it stays. */
  failed(): void {
    this.#count("failure");
  }

  #count(status: string): void {
    this.#reloads.add(`${status}\0${this.#id}`, 1);
    this.#times.set(`${status}\0${this.#id}`, this.#now().getTime() / 1000);
  }
}
