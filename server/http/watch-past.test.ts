import { once } from "node:events";
import { connect } from "node:http2";
import { type RequestOptions, request } from "node:https";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { admin, testFolder } from "../start/test-server.ts";
import type { Server } from "../start.ts";

const PATH = "/api/v1/namespaces/default/configmaps";
const COUNT = 30;
const folder = testFolder();
let server: Server;
let credentials: RequestOptions;
let first: string;

async function send(method: string, path: string, body?: object) {
  const headers = { "content-type": "application/json" };
  const sent = request(`${server.url}${path}`, { ...credentials, agent: false, method, headers });
  sent.end(body && JSON.stringify(body));
  const [answer] = await once(sent, "response");
  let text = "";
  for await (const chunk of answer) text += chunk;
  return JSON.parse(text);
}
const create = (name: string) => send("POST", PATH, { metadata: { name }, data: { text: "x".repeat(900_000) } });

/** Three times as much as may wait for a watcher. */
beforeAll(async () => {
  server = await folder.run();
  credentials = { ...admin(server), rejectUnauthorized: false };
  first = (await send("GET", `${PATH}?limit=1`)).metadata.resourceVersion;
  for (let n = 0; n < COUNT; n++) await create(`big-${n}`);
});
afterAll(() => server?.stop());

/** Streams of a GET, over both versions of HTTP. */
const protocols: Record<string, (path: string) => Promise<Readable>> = {
  async "HTTP/1.1"(path) {
    const sent = request(`${server.url}${path}`, { ...credentials, agent: false }).end();
    const [answer] = await once(sent, "response");
    return answer;
  },
  async "HTTP/2"(path) {
    const { cert, key } = credentials;
    const session = connect(server.url, { cert, key, rejectUnauthorized: false } as Parameters<typeof connect>[1]);
    const stream = session.request({ ":path": path });
    stream.on("close", () => session.close());
    await once(stream, "response");
    return stream;
  },
};

describe.each(Object.keys(protocols))("over %s, a slow reader misses nothing", (protocol) => {
  test.each([
    ["of a large state", "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"],
    ["of a long history", "resourceVersion="],
  ])("%s", async (_, query) => {
    const from = query.endsWith("=") ? `${query}${first}` : query;
    const stream = await protocols[protocol]!(`${PATH}?watch=1&${from}`);
    // Long enough for a server that does not wait to have given up.
    await delay(200);
    const late = `late-${protocol.replace(/\W/g, "").toLowerCase()}-${query.length}`;
    await create(late);
    const seen: string[] = [];
    for await (const line of createInterface({ input: stream })) {
      const { type, object } = JSON.parse(line);
      seen.push(`${type} ${object.metadata.name ?? ""}`);
      if (object.metadata.name === late) break;
    }
    stream.destroy();
    await send("DELETE", `${PATH}/${late}`);
    expect(seen.filter((event) => event.startsWith("ADDED big-"))).toHaveLength(COUNT);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.at(-1)).toBe(`ADDED ${late}`);
  });
});
