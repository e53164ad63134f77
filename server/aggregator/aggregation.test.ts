import { once } from "node:events";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { selfSignedCertificate } from "../../pki/self-signed.ts";
import { admin, call as callServer, testFolder } from "../start/test-server.ts";
import type { Server } from "../start.ts";

const GROUP = "toys.example.com";
const thing = { type: "object", properties: { colour: { type: "string" } } };
const get = { responses: { 200: { schema: { $ref: "#/definitions/io.k8s.api.core.v1.Pod" } } } };
const documents: Record<string, object> = {
  [`/apis/${GROUP}/v1`]: {
    kind: "APIResourceList",
    groupVersion: `${GROUP}/v1`,
    resources: [{ name: "toys", singularName: "toy", namespaced: true, kind: "Toy", verbs: ["get"] }],
  },
  "/openapi/v3": { paths: { [`apis/${GROUP}/v1`]: { serverRelativeURL: `/openapi/v3/apis/${GROUP}/v1?hash=A` } } },
  [`/openapi/v3/apis/${GROUP}/v1`]: { openapi: "3.0.0", info: { title: "toys", version: "1" }, paths: {} },
  "/openapi/v2": {
    swagger: "2.0",
    paths: { [`/apis/${GROUP}/v1/toys`]: { get }, "/elsewhere": { get: { responses: {} } } },
    // Another thing by the name of ours.
    definitions: { "io.k8s.api.core.v1.Pod": thing },
  },
};
const folder = testFolder();
const behind = createServer({ ...pair() });
let asked: Record<string, string | string[] | undefined> = {};
let deletions = 0;
let server: Server;

function pair() {
  const { certificate, key } = selfSignedCertificate("localhost", ["localhost"], new Date());
  return { cert: certificate, key };
}

/** As the administrator. The index of OpenAPI is JSON that is called plain text. */
async function call(path: string, method = "GET", body?: object, headers: Record<string, string> = {}) {
  const answer = await callServer(server, path, { ...admin(server), method, headers }, body);
  const isText = typeof answer.body === "string" && answer.body.startsWith("{");
  return isText ? { ...answer, body: JSON.parse(answer.body) } : answer;
}

beforeAll(async () => {
  behind.on("request", (request, response) => {
    if (request.url?.endsWith("/namespaces/default/toys/bear")) asked = request.headers;
    if (request.method === "DELETE") {
      deletions++;
      return void request.socket.destroy();
    }
    const found = documents[request.url?.split("?")[0] ?? ""];
    response.writeHead(found ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(found ?? {}));
  });
  behind.on("upgrade", ({ headers }, socket) => {
    asked = headers;
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    socket.pipe(socket);
  });
  await once(behind.listen(0, "127.0.0.1"), "listening");
  server = await folder.run();
  const { port } = behind.address() as AddressInfo;
  await call("/api/v1/namespaces/default/services", "POST", {
    metadata: { name: "toys" },
    spec: { type: "ExternalName", externalName: "localhost" },
  });
  await call("/apis/apiregistration.k8s.io/v1/apiservices", "POST", {
    metadata: { name: `v1.${GROUP}` },
    spec: {
      group: GROUP,
      version: "v1",
      groupPriorityMinimum: 1000,
      versionPriority: 15,
      insecureSkipTLSVerify: true,
      service: { namespace: "default", name: "toys", port },
    },
  });
  await vi.waitFor(async () => {
    const { body } = await call("/openapi/v3");
    expect(body.paths).toHaveProperty([`apis/${GROUP}/v1`]);
  }, 10_000);
});
afterAll(async () => {
  await server?.stop();
  behind.closeAllConnections();
  behind.close();
});

test("the documents of version 3 stay behind, the index has them", async () => {
  const { body: index } = await call("/openapi/v3");
  const { serverRelativeURL } = index.paths[`apis/${GROUP}/v1`];
  expect(serverRelativeURL).toBe(`/openapi/v3/apis/${GROUP}/v1?hash=A`);
  expect((await call(serverRelativeURL)).body.info.title).toBe("toys");
  expect((await call(index.paths["api/v1"].serverRelativeURL)).body.info.title).toBe("Kubernetes");
  expect((await call("/openapi/v3/apis/none.example.com/v1")).code).toBe(404);
});

test("a connection to the server behind is kept, and replaced when that server ended it", async () => {
  let opened = 0;
  behind.on("secureConnection", () => opened++);
  const resources = () => call(`/apis/${GROUP}/v1`);
  for (let i = 0; i < 3; i++) expect((await resources()).code).toBe(200);
  // One of ours at most; the others are those that ask whether the server is there.
  expect(opened).toBeLessThan(3);
  behind.closeAllConnections();
  expect((await resources()).code).toBe(200);
});

test("what may not be done twice is not sent again when its connection breaks", async () => {
  const path = `/apis/${GROUP}/v1/namespaces/default/toys/bear`;
  await call(`/apis/${GROUP}/v1`);
  expect((await call(path, "DELETE")).code).toBe(503);
  expect(deletions).toBe(1);
});

test("names that are not ASCII reach the server behind in UTF-8", async () => {
  const name = "jörg ☃";
  const bytes = Buffer.from(name).toString("latin1"); // as Node takes bytes of a header
  await call(`/apis/${GROUP}/v1/namespaces/default/toys/bear`, "GET", undefined, {
    "impersonate-user": bytes,
    "impersonate-group": "system:masters",
  });
  expect(asked["x-remote-user"]).toBe(bytes);
});

test("of version 2 one document is made; what differs by the same name gets another", async () => {
  const { paths, definitions } = (await call("/openapi/v2")).body;
  expect(paths[`/apis/${GROUP}/v1/toys`].get.responses["200"].schema.$ref).toBe(
    "#/definitions/io.k8s.api.core.v1.Pod_v2",
  );
  expect(definitions["io.k8s.api.core.v1.Pod_v2"]).toEqual(thing);
  expect(definitions["io.k8s.api.core.v1.Pod"].properties).toHaveProperty("spec");
  expect(paths).not.toHaveProperty("/elsewhere");
});

test("an upgraded connection goes through, with the name of who asked and nothing else of theirs", async () => {
  const headers = { connection: "Upgrade", upgrade: "echo", "x-remote-user": "mallory", "x-remote-group": "evil" };
  const sent = request(`${server.url}/apis/${GROUP}/v1/namespaces/default/toys/bear/talk?word=a`, {
    ...admin(server),
    rejectUnauthorized: false,
    agent: false,
    headers,
  });
  sent.end();
  const [answer, socket] = await once(sent, "upgrade");
  expect(answer.statusCode).toBe(101);
  socket.write("hello");
  const [echoed] = await once(socket, "data");
  expect(String(echoed)).toBe("hello");
  socket.destroy();
  expect(asked["x-remote-user"]).toBe("admin");
  expect(asked["x-remote-group"]).toBe("system:masters, system:authenticated");
});

test("a server that nobody reaches is told of in its condition, in Go's words", async () => {
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  await call("/apis/apiregistration.k8s.io/v1/apiservices", "POST", {
    metadata: { name: "v1.gone.example.com" },
    spec: {
      ...{ group: "gone.example.com", version: "v1", groupPriorityMinimum: 1000, versionPriority: 15 },
      insecureSkipTLSVerify: true,
      service: { namespace: "default", name: "toys", port },
    },
  });
  await vi.waitFor(async () => {
    const { body } = await call("/apis/apiregistration.k8s.io/v1/apiservices/v1.gone.example.com");
    const url = `https://localhost:${port}/apis/gone.example.com/v1`;
    expect(body.status.conditions).toEqual([
      {
        type: "Available",
        status: "False",
        lastTransitionTime: expect.any(String),
        reason: "FailedDiscoveryCheck",
        message: expect.stringMatching(
          `^failing or missing response from ${url}: Get "${url}": dial tcp (127\\.0\\.0\\.1|\\[::1\\]):${port}: connect: connection refused$`,
        ),
      },
    ]);
  }, 10_000);
});

test("documents go with their APIService", async () => {
  await call(`/apis/apiregistration.k8s.io/v1/apiservices/v1.${GROUP}`, "DELETE");
  await vi.waitFor(async () => {
    expect((await call("/openapi/v3")).body.paths).not.toHaveProperty([`apis/${GROUP}/v1`]);
    expect((await call("/openapi/v2")).body.paths).not.toHaveProperty([`/apis/${GROUP}/v1/toys`]);
  });
});
