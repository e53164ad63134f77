import { expect, test } from "vitest";
import { ProxyHealth } from "./proxy-health.ts";
import { serviceHealthAnswer } from "./service-health.ts";

const at = (seconds: number) => new Date(seconds * 1000);

test("a proxy is well until a change has waited for too long", () => {
  const health = new ProxyHealth(60_000);
  health.updated("IPv4", at(0));
  health.queued("IPv4", at(10));
  health.queued("IPv4", at(50));
  expect(health.report(at(69)).healthy).toBe(true);
  expect(health.report(at(70))).toMatchObject({
    healthy: false,
    lastUpdated: at(0).toISOString(),
    status: { IPv4: { healthy: false } },
  });
  health.updated("IPv4", at(71));
  expect(health.report(at(500))).toMatchObject({ healthy: true, lastUpdated: at(71).toISOString() });
});

test.each([
  { localEndpoints: 2, isHealthy: true, status: 200 },
  { localEndpoints: 0, isHealthy: true, status: 503 },
  { localEndpoints: 2, isHealthy: false, status: 503 },
])(
  "a node with $localEndpoints endpoints, proxy well: $isHealthy, answers $status",
  ({ localEndpoints, isHealthy, status }) => {
    const answer = serviceHealthAnswer({ namespace: "ns", name: "web", port: 32100, localEndpoints }, isHealthy);
    expect(answer.status).toBe(status);
    expect(answer.headers["X-Load-Balancing-Endpoint-Weight"]).toBe(String(localEndpoints));
    expect(JSON.parse(answer.body)).toEqual({
      service: { namespace: "ns", name: "web" },
      localEndpoints,
      serviceProxyHealthy: isHealthy,
    });
  },
);
