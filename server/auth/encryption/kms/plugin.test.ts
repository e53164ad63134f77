import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectPlugin } from "./plugin.ts";
import { serveTestPlugin } from "./test-plugin.ts";

const folder = mkdtempSync(join(tmpdir(), "kms-"));

test("a plugin is asked over its socket, and shown again what it answered", async () => {
  const path = join(folder, "plugin.sock");
  const served = await serveTestPlugin(path);
  const plugin = await connectPlugin(`unix://${path}`, 5000);
  expect(await plugin.status()).toEqual({ version: "v2", healthz: "ok", keyId: "key-1" });
  const secret = randomBytes(300);
  const encrypted = await plugin.encrypt(secret, "uid-1");
  expect(encrypted.keyId).toBe("key-1");
  expect(Buffer.from(await plugin.decrypt(encrypted, "uid-2"))).toEqual(secret);
  await expect(plugin.decrypt({ ...encrypted, keyId: "other" }, "uid-2")).rejects.toThrow(
    "rpc error: code = InvalidArgument desc = not mine: other",
  );
  await expect(plugin.decrypt({ ...encrypted, annotations: {} }, "uid-2")).rejects.toThrow("not mine: key-1");
  plugin.close();
  served.stop();
});

test("a socket that nobody serves is told as Go's client tells it", async () => {
  const path = join(folder, "nobody.sock");
  const plugin = await connectPlugin(`unix://${path}`, 50);
  await expect(plugin.status()).rejects.toThrow(
    `rpc error: code = DeadlineExceeded desc = latest balancer error: connection error: desc = "transport: Error while dialing: dial unix ${path}: connect: no such file or directory"`,
  );
  plugin.close();
});
