import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { registerProcessMetrics } from "./process-metrics.ts";

test.each([
  ["unlimited", "18446744073709552000"],
  ["4096", "4096"],
])("traffic and address space are read when asked for: %s", async (limit, shown) => {
  const proc = mkdtempSync(join(tmpdir(), "proc-"));
  mkdirSync(join(proc, "net"));
  const netstat = "TcpExt: InOctets\nTcpExt: 1\nIpExt: InNoRoutes InOctets OutOctets\nIpExt: 0 12 34\n";
  writeFileSync(join(proc, "net", "netstat"), netstat);
  const limits = `Limit                     Soft Limit           Hard Limit           Units\nMax address space         ${limit}            unlimited            bytes\n`;
  writeFileSync(join(proc, "limits"), limits);
  const registry = new Registry();
  registerProcessMetrics(registry, proc);
  const text = await registry.metrics();
  expect(text).toMatch(/^process_network_receive_bytes_total 12$/m);
  expect(text).toMatch(/^process_network_transmit_bytes_total 34$/m);
  expect(text).toContain(`process_virtual_memory_max_bytes ${shown}\n`);
  expect(await registry.metrics()).toMatch(/^process_network_receive_bytes_total 12$/m);
});
