import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Connection } from "./kubeconfig.ts";
import { openTransport } from "./transport.ts";

let server: Server;
afterEach(() => server.close());

/** A server that gives these answers, one after the other. */
async function answering(answers: [code: number, headers: Record<string, string>, body: string][], connections = 16) {
  let requests = 0;
  server = createServer((_, response) => {
    const [code, headers, body] = answers[Math.min(requests++, answers.length - 1)]!;
    response.writeHead(code, headers).end(body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const transport = openTransport({ server: `http://127.0.0.1:${port}` } as Connection, "test", connections);
  return { transport, requests: () => requests };
}
const path = "/api/v1/nodes";
const busy = (code: number, headers = {}): [number, Record<string, string>, string] => [code, headers, "busy"];

test.each([429, 500, 503])("comes again after %d when told when", async (code) => {
  const { transport, requests } = await answering([busy(code, { "Retry-After": "0" }), [200, {}, '{"a":1}']]);
  expect(await transport.request({ method: "POST", path, body: {} })).toEqual({ a: 1 });
  expect(requests()).toBe(2);
  await transport.close();
});

test.each([
  ["without a time to wait", busy(429), 1],
  ["of another code", busy(409, { "Retry-After": "0" }), 1],
  ["that never ends", busy(429, { "Retry-After": "0" }), 11],
])("gives up on a refusal %s", async (_, answer, count) => {
  const { transport, requests } = await answering([answer]);
  await expect(transport.request({ method: "GET", path })).rejects.toMatchObject({ code: answer[0], message: "busy" });
  expect(requests()).toBe(count);
  await transport.close();
});

test("does not wait longer than it is open", async () => {
  const { transport } = await answering([busy(429, { "Retry-After": "3600" })]);
  const asked = transport.request({ method: "GET", path }).catch((error: unknown) => error);
  await once(server, "request");
  await transport.close();
  expect(await asked).toBeInstanceOf(Error);
});

test("connections last, also after a DELETE with a body", async () => {
  const { transport } = await answering([[200, {}, "{}"]]);
  let connections = 0;
  server.on("connection", () => connections++);
  for (let n = 0; n < 9; n++) await transport.request({ method: "DELETE", path, body: {} });
  expect(connections).toBeLessThan(4);
  await transport.close();
});

test("an answer that nobody looks at is read to its end, so that its connection serves again, and errors are told", async () => {
  const { transport } = await answering([[200, {}, "[".repeat(1_000_000)], busy(409)], 1);
  const ask = () => transport.request({ method: "DELETE", path, ignoresAnswer: true });
  expect(await ask()).toBeUndefined();
  await expect(ask()).rejects.toMatchObject({ code: 409 });
  await transport.close();
});

test("a front proxy asks for many on the same connections", async () => {
  const { transport } = await answering([[200, {}, "{}"]], 1);
  const asked: (string | undefined)[][] = [];
  let connections = 0;
  server.on("connection", () => connections++);
  server.on("request", ({ headersDistinct }) => {
    asked.push([...(headersDistinct["x-remote-user"] ?? []), ...(headersDistinct["x-remote-group"] ?? [])]);
  });
  await transport.as({ user: "a", groups: ["g", "h"] }).request({ method: "GET", path });
  await transport.as({ user: "b", groups: [] }).request({ method: "GET", path });
  await transport.request({ method: "GET", path });
  expect({ asked, connections }).toEqual({ asked: [["a", "g", "h"], ["b"], []], connections: 1 });
  await transport.close();
});
