import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { selfSignedCertificate } from "../../pki/self-signed.ts";
import { providerFetch } from "./provider-fetch.ts";

const { certificate, key } = selfSignedCertificate("localhost", ["localhost"], new Date());
const servers = [1, 2].map(() => createServer({ cert: certificate, key }, serve));
function serve({ url = "", headers }: IncomingMessage, answer: ServerResponse): void {
  const [, status = "200", rest = ""] = /^\/(\d+)(.*)/.exec(url) ?? [];
  if (rest === "/round") answer.writeHead(Number(status), { location: url }).end();
  else if (rest === "/for-ever") answer.writeHead(Number(status)).write("{");
  else if (rest) answer.writeHead(Number(status), { location: rest }).end();
  else answer.writeHead(Number(status)).end(JSON.stringify({ authorization: headers.authorization }));
}
let [origin, other] = ["", ""];
beforeAll(async () => {
  const origins = servers.map(async (server) => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    return `https://localhost:${(server.address() as AddressInfo).port}`; // a TCP server's address is an object
  });
  [origin = "", other = ""] = await Promise.all(origins);
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});
const trusting = providerFetch({ authority: certificate });
const withToken = { headers: { authorization: "Bearer mine" } };

test.each([200, 204, 304, 404])("an answer of %i is passed on, with a body or without", async (status) => {
  expect((await trusting(`${origin}/${status}`)).status).toBe(status);
});

test("redirects are followed, and a token stays with the server that it is for", async () => {
  const token = async (path: string) => (await trusting(`${origin}${path}`, withToken)).json();
  expect(await token("/302/200")).toEqual({ authorization: "Bearer mine" });
  expect(await token(`/307${other}/200`)).toEqual({});
  expect((await trusting(`${origin}/302/302`)).status).toBe(302);
  await expect(trusting(`${origin}/302/round`)).rejects.toThrow("stopped after 10 redirects");
});

test.each<[string, typeof fetch, string, string]>([
  [
    "does not end",
    providerFetch({ authority: certificate, timeoutMilliseconds: 100 }),
    "/200/for-ever",
    "Client.Timeout",
  ],
  ["nobody vouches for", providerFetch({ authority: "" }), "/200", "certificate signed by unknown authority"],
])("an answer that %s is an error in Go's words", async (_, get, path, message) => {
  await expect(get(`${origin}${path}`)).rejects.toThrow(message);
});
