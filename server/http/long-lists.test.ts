import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:http2";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, start } from "../start.ts";

const PATH = "/api/v1/namespaces/default/configmaps";
const folder = mkdtempSync(join(tmpdir(), "inkube-lists-"));
let server: Server;
let credentials: { ca: Buffer; cert: Buffer; key: Buffer };

async function send(method: string, path: string, headers: Record<string, string>, body?: object) {
  const sent = request(`${server.url}${path}`, { ...credentials, method, headers });
  sent.end(body && JSON.stringify(body));
  const [answer] = await once(sent, "response");
  return { headers: answer.headers, bytes: await buffer(answer) };
}

beforeAll(async () => {
  server = await start({
    dataDir: folder,
    storage: "memory:",
    durability: "relaxed",
    bindAddress: "127.0.0.1",
    port: 0,
    logLevel: "error",
    admissionPlugins: { enable: [], disable: [] },
    settings: {},
  });
  const config = server.kubeconfig({ commonName: "admin", organizations: ["system:masters"] });
  const data = (key: string) => Buffer.from(new RegExp(`${key}: (\\S+)`).exec(config)?.[1] ?? "", "base64");
  credentials = {
    ca: data("certificate-authority-data"),
    cert: data("client-certificate-data"),
    key: data("client-key-data"),
  };
  for (let n = 0; n < 40; n++) {
    const body = { metadata: { name: `c${n}` }, data: { text: `${n} `.repeat(5000) } };
    await send("POST", PATH, { "content-type": "application/json" }, body);
  }
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  "application/json",
  "application/vnd.kubernetes.protobuf",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
])("a long list as %s is the same compressed", async (accept) => {
  const path = `${PATH}?includeObject=Object`;
  const plain = await send("GET", path, { accept });
  const compressed = await send("GET", path, { accept, "accept-encoding": "gzip" });
  expect(Number(plain.headers["content-length"])).toBe(plain.bytes.length);
  if (plain.bytes.length > 128 * 1024) {
    expect(compressed.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    expect(gunzipSync(compressed.bytes).equals(plain.bytes)).toBe(true);
  } else expect(compressed.bytes.equals(plain.bytes)).toBe(true);
});

test("a client that goes away while a list is compressed for it hurts nobody", async () => {
  const session = connect(server.url, credentials);
  const stream = session.request({ ":path": PATH, accept: "application/json", "accept-encoding": "gzip" });
  await once(stream, "response");
  stream.close();
  session.destroy();
  const { bytes } = await send("GET", `${PATH}?limit=1`, { accept: "application/json" });
  expect(JSON.parse(bytes.toString()).items).toHaveLength(1);
});
