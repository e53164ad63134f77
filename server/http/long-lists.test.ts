import { once } from "node:events";
import { connect } from "node:http2";
import { request } from "node:https";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { admin, testFolder } from "../start/test-server.ts";
import type { Server } from "../start.ts";

const PATH = "/api/v1/namespaces/default/configmaps";
const folder = testFolder();
let server: Server;
let credentials: ReturnType<typeof admin>;

async function send(method: string, path: string, headers: Record<string, string>, body?: object) {
  const sent = request(`${server.url}${path}`, { ...credentials, method, headers });
  sent.end(body && JSON.stringify(body));
  const [answer] = await once(sent, "response");
  return { headers: answer.headers, bytes: await buffer(answer) };
}

beforeAll(async () => {
  server = await folder.run();
  credentials = admin(server);
  for (let n = 0; n < 40; n++) {
    const body = { metadata: { name: `c${n}` }, data: { text: `${n} `.repeat(5000) } };
    await send("POST", PATH, { "content-type": "application/json" }, body);
  }
});
afterAll(() => server?.stop());

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
