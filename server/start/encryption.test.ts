import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { serveTestPlugin } from "../auth/encryption/kms/test-plugin.ts";
import type { Server } from "../start.ts";
import { admin, call, testFolder } from "./test-server.ts";

const folder = testFolder();
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";

test("encrypts Secrets on disk, reads them after a restart and a rotation, and not without the key", async () => {
  const dataDir = join(folder.path, "encrypted");
  const storage = `sqlite:${join(folder.path, "encrypted.db")}`;
  const key = (name: string) => ({ name, secret: randomBytes(32).toString("base64") });
  const configuration = (name: string, ...keys: { name: string; secret: string }[]) =>
    folder.json(name, {
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "EncryptionConfiguration",
      resources: [{ resources: ["secrets"], providers: [{ aesgcm: { keys } }, { identity: {} }] }],
    });
  const [old, fresh] = [key("old"), key("fresh")];
  const secrets = "/api/v1/namespaces/default/secrets";
  const add = async (server: Server, name: string) => {
    const secret = { metadata: { name }, stringData: { word: "plain-as-day" } };
    expect((await call(server, secrets, { ...admin(server), method: "POST" }, secret)).code).toBe(201);
  };
  const onDisk = () => {
    const bytes = Buffer.concat(
      ["", "-wal"].map((suffix) => {
        try {
          return readFileSync(join(folder.path, `encrypted.db${suffix}`));
        } catch {
          return Buffer.alloc(0); // the journal is gone once it is merged
        }
      }),
    );
    return (text: string) => bytes.includes(text);
  };
  const first = await folder.run({ encryptionProviderConfig: configuration("1.json", old) }, { dataDir, storage });
  await add(first, "one");
  const visible = { metadata: { name: "open" }, data: { word: "not-secret-at-all" } };
  await call(first, CONFIG_MAPS, { ...admin(first), method: "POST" }, visible);
  await first.stop();
  const found = onDisk();
  const plain = Buffer.from("plain-as-day").toString("base64");
  expect([found("k8s:enc:aesgcm:v1:old:"), found(plain), found("not-secret-at-all")]).toEqual([true, false, true]);

  const second = await folder.run(
    { encryptionProviderConfig: configuration("2.json", fresh, old) },
    { dataDir, storage },
  );
  const read = async (name: string) => (await call(second, `${secrets}/${name}`, admin(second))).body;
  expect((await read("one")).data.word).toBe(plain);
  await add(second, "two");
  // An update that changes nothing: written once, with the new key, then no more. (storage/etcd3 GuaranteedUpdate)
  const replace = async (name: string) => {
    const { body } = await call(second, `${secrets}/${name}`, { ...admin(second), method: "PUT" }, await read(name));
    return body.metadata.resourceVersion;
  };
  const versions = {
    one: (await read("one")).metadata.resourceVersion,
    two: (await read("two")).metadata.resourceVersion,
  };
  const rewritten = await replace("one");
  expect(rewritten).not.toBe(versions.one);
  expect(await replace("one")).toBe(rewritten);
  expect(await replace("two")).toBe(versions.two);
  await add(second, "three");
  await second.stop();
  expect(onDisk()("k8s:enc:aesgcm:v1:fresh:")).toBe(true);

  const third = await folder.run({ encryptionProviderConfig: configuration("4.json", fresh) }, { dataDir, storage });
  expect((await call(third, `${secrets}/one`, admin(third))).body.data.word).toBe(plain);
  await third.stop();
  const lost = folder.json("5.json", {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources: ["secrets"], providers: [{ identity: {} }] }],
  });
  const without = folder.run({ encryptionProviderConfig: lost }, { dataDir, storage });
  await expect(without).rejects.toThrow("the stored bytes of /registry/secrets/default/one cannot be read");
  const unmentioned = folder.json("6.json", {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources: ["configmaps"], providers: [{ identity: {} }] }],
  });
  const reason = "default/one cannot be read: Error: identity transformer tried to read encrypted data";
  for (const settings of [{ encryptionProviderConfig: unmentioned }, {}]) {
    await expect(folder.run(settings, { dataDir, storage })).rejects.toThrow(reason);
  }
});

test("encrypts with a KMS plugin's key, reads after its rotation, and neither starts nor is ready without it", async () => {
  const socket = join(folder.path, "kms.sock");
  let plugin = await serveTestPlugin(socket);
  const encryptionProviderConfig = folder.json("kms.json", {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [
      {
        resources: ["secrets"],
        providers: [
          { kms: { apiVersion: "v2", name: "vault", endpoint: `unix://${socket}`, timeout: "1s" } },
          { identity: {} },
        ],
      },
    ],
  });
  const options = { dataDir: join(folder.path, "kms"), storage: `sqlite:${join(folder.path, "kms.db")}` };
  const secrets = "/api/v1/namespaces/default/secrets";
  const first = await folder.run({ encryptionProviderConfig }, options);
  const secret = { metadata: { name: "one" }, stringData: { word: "plain-as-day" } };
  expect((await call(first, secrets, { ...admin(first), method: "POST" }, secret)).code).toBe(201);
  for (const endpoint of ["readyz", "healthz"]) {
    expect((await call(first, `/${endpoint}?verbose`, admin(first))).body).toContain("[+]kms-providers ok");
  }
  expect((await call(first, "/livez?verbose", admin(first))).body).not.toContain("kms-providers");
  await first.stop();
  expect(readFileSync(join(folder.path, "kms.db")).includes("k8s:enc:kms:v2:vault:")).toBe(true);

  plugin.keyId = "key-2";
  const second = await folder.run({ encryptionProviderConfig }, options);
  const { body } = await call(second, `${secrets}/one`, admin(second));
  expect(Buffer.from(body.data.word, "base64").toString()).toBe("plain-as-day");
  await second.stop();

  plugin.stop();
  await expect(folder.run({ encryptionProviderConfig }, options)).rejects.toThrow(
    "the stored bytes of /registry/secrets/default/one cannot be read: Error: failed to decrypt DEK, error: rpc error: code = DeadlineExceeded",
  );
  // Nothing to decrypt: the server starts, is not ready, and refuses what it could not store.
  const empty = { dataDir: join(folder.path, "kms-empty"), storage: `sqlite:${join(folder.path, "kms-empty.db")}` };
  const third = await folder.run({ encryptionProviderConfig }, empty);
  const ready = await call(third, "/readyz/kms-providers", admin(third));
  expect([ready.code, ready.body]).toEqual([
    500,
    expect.stringMatching(/^internal server error: kms-provider-0: .*code = DeadlineExceeded/),
  ]);
  const refused = await call(third, secrets, { ...admin(third), method: "POST" }, secret);
  expect([refused.code, refused.body.message]).toEqual([
    500,
    "Internal error occurred: got unexpected nil transformer",
  ]);
  const visible = { metadata: { name: "open" }, data: { word: "x" } };
  expect((await call(third, CONFIG_MAPS, { ...admin(third), method: "POST" }, visible)).code).toBe(201);
  plugin = await serveTestPlugin(socket);
  const isReady = async () => (await call(third, "/readyz/kms-providers", admin(third))).code;
  await expect.poll(isReady, { timeout: 20_000, interval: 500 }).toBe(200);
  expect((await call(third, secrets, { ...admin(third), method: "POST" }, secret)).code).toBe(201);
  await third.stop();
  plugin.stop();
}, 60_000);

test("encrypts as a changed file says, with --encryption-provider-config-automatic-reload", async () => {
  const path = join(folder.path, "reloaded.json");
  const write = (...providers: object[]) =>
    folder.json("reloaded.json", {
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "EncryptionConfiguration",
      resources: [{ resources: ["secrets"], providers }],
    });
  write({ identity: {} });
  const storage = `sqlite:${join(folder.path, "reloaded.db")}`;
  const settings = { encryptionProviderConfig: path, encryptionProviderConfigAutomaticReload: true };
  const server = await folder.run(settings, { storage });
  const metric = async (name: string) => {
    const { body } = await call(server, "/metrics", admin(server));
    return [...body.matchAll(new RegExp(`^apiserver_encryption_config_controller_${name}\\{(.*)\\} (.*)$`, "gm"))];
  };
  const reloads = async () =>
    Object.fromEntries(
      (await metric("automatic_reloads_total")).map(([, labels, value]) => [/status="(\w+)"/.exec(labels)?.[1], value]),
    );
  const before = (await metric("last_config_info"))[0]?.[1];
  expect((await call(server, "/readyz?verbose", admin(server))).body).toContain("[+]kms-providers ok");
  write({ secretbox: { keys: [{ name: "box", secret: randomBytes(32).toString("base64") }] } }, { identity: {} });
  await expect.poll(reloads, { timeout: 10_000 }).toEqual({ success: "1" });
  expect((await metric("last_config_info"))[0]?.[1]).not.toBe(before);
  write({ rot13: {} });
  // Nobody can say which errors will go by themselves, so it is tried again.
  const failures = async () => Number((await reloads()).failure ?? 0);
  await expect.poll(failures, { timeout: 10_000 }).toBeGreaterThan(1);
  const secret = { metadata: { name: "s" }, stringData: { word: "w" } };
  const secrets = "/api/v1/namespaces/default/secrets";
  expect((await call(server, secrets, { ...admin(server), method: "POST" }, secret)).code).toBe(201);
  await server.stop();
  expect(readFileSync(join(folder.path, "reloaded.db")).includes("k8s:enc:secretbox:v1:box:")).toBe(true);
});

test("a changed file takes effect when the plugin that it names is there", async () => {
  const socket = join(folder.path, "late.sock");
  const write = (...providers: object[]) =>
    folder.json("late.json", {
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "EncryptionConfiguration",
      resources: [{ resources: ["secrets"], providers }],
    });
  const encryptionProviderConfig = write({ identity: {} });
  const database = join(folder.path, "late.db");
  const settings = { encryptionProviderConfig, encryptionProviderConfigAutomaticReload: true };
  const logged = vi.spyOn(console, "error").mockReturnValue();
  const server = await folder.run(settings, { storage: `sqlite:${database}` });
  const secrets = "/api/v1/namespaces/default/secrets";
  const add = async (name: string) => {
    const body = { metadata: { name }, stringData: { word: name } };
    return (await call(server, secrets, { ...admin(server), method: "POST" }, body)).code;
  };
  write({ kms: { apiVersion: "v2", name: "vault", endpoint: `unix://${socket}`, timeout: "100ms" } }, { identity: {} });
  await expect.poll(() => logged.mock.calls.length, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(await add("before")).toBe(201);
  expect((await call(server, "/readyz/kms-providers", admin(server))).code).toBe(200);
  const plugin = await serveTestPlugin(socket);
  const success = async () => (await call(server, "/metrics", admin(server))).body.includes('{status="success",');
  await expect.poll(success, { timeout: 20_000, interval: 200 }).toBe(true);
  logged.mockRestore();
  expect(await add("after")).toBe(201);
  await server.stop();
  plugin.stop();
  const bytes = readFileSync(database);
  expect(bytes.toString("latin1").split("k8s:enc:kms:v2:vault:")).toHaveLength(2);
}, 60_000);
