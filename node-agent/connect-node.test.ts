import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ManualClock, silentLogger } from "../client/index.ts";
import { connectNode } from "./connect-node.ts";

const folder = mkdtempSync(join(tmpdir(), "inkube-connect-"));
const waiting = new Set<string>();
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://server");
  if (pathname === "/status") return void waiting.add(searchParams.get("n") ?? "");
  response.setHeader("Content-Type", "application/json");
  if (searchParams.has("watch")) return response.flushHeaders();
  response.end(JSON.stringify({ metadata: { resourceVersion: "1" }, items: [] }));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

test("nodes that share connections say they are alive while the server has more to do than it can", async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kubeconfig = join(folder, "kubeconfig");
  const cluster = { server: url, "certificate-authority-data": Buffer.from("none").toString("base64") };
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const environment = { clock, random: () => 0.5, logger: silentLogger };
  const { transport, heartbeats, informers } = await connectNode(kubeconfig, undefined, environment, { count: 200 });
  const statuses = Array.from({ length: 200 }, (_, n) =>
    transport.request({ method: "GET", path: "/status", query: { n } }).catch(() => undefined),
  );
  const answer = await heartbeats?.as({ user: "system:node:a", groups: [] }).request({ method: "GET", path: "/lease" });
  expect(answer).toMatchObject({ metadata: { resourceVersion: "1" } });
  // All the others still wait, most of them here.
  expect(waiting.size).toBeLessThan(50);
  informers.stop();
  await Promise.all([transport.close(), heartbeats?.close()]);
  await Promise.all(statuses);
});
