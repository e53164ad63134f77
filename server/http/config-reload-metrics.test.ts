import { expect, test } from "vitest";
import { ConfigReloadMetrics, labelHash } from "./config-reload-metrics.ts";

test("a configuration that is read again is counted, and only the last text that took effect is named", async () => {
  const metrics = new ConfigReloadMetrics({ of: "authorization", serverId: "id", now: () => new Date(1500) });
  metrics.loaded("one");
  metrics.failed();
  metrics.reloaded("two");
  const shown = await Promise.all(metrics.series.map((series) => series.get()));
  const id = { apiserver_id_hash: labelHash("id") };
  expect(shown).toMatchObject([
    {
      name: "apiserver_authorization_config_controller_automatic_reloads_total",
      values: [
        { value: 1, labels: { status: "failure", ...id } },
        { value: 1, labels: { status: "success", ...id } },
      ],
    },
    { values: [{ value: 1.5 }, { value: 1.5 }] },
    { values: [{ value: 1, labels: { ...id, hash: labelHash("two") } }] },
  ]);
  expect(labelHash("")).toBe("");
});
