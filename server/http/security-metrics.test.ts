import { expect, test } from "vitest";
import { SecurityMetrics } from "./security-metrics.ts";

test("who asked and who decided is counted by names that clients cannot make up", async () => {
  const metrics = new SecurityMetrics();
  metrics.authenticated("success", 0.001, "admin");
  metrics.authenticated("success", 0.001, "jane");
  metrics.authenticated("error", 0.001);
  metrics.authorized("no-opinion", 0.001);
  metrics.decided({ type: "RBAC", name: "rbac" }, "allow");
  metrics.decided({ type: "Webhook", name: "webhook" }, "deny");
  const values = await Promise.all(metrics.series.map((series) => series.get()));
  expect(values).toMatchObject([
    { values: [{ labels: { username: "admin" } }, { labels: { username: "other" } }] },
    {
      values: [
        { value: 2, labels: { result: "success" } },
        { value: 1, labels: { result: "error" } },
      ],
    },
    {},
    {
      values: [
        { labels: { type: "RBAC", name: "rbac", decision: "allowed" } },
        { labels: { type: "Webhook", name: "webhook", decision: "denied" } },
      ],
    },
    { values: [{ value: 1, labels: { result: "no-opinion" } }] },
    {},
    {},
  ]);
});
