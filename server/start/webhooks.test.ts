import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { serverCertificate } from "../../pki/authority.ts";
import { createPki } from "../../pki/pki.ts";
import { bearer, call, testFolder } from "./test-server.ts";

const folder = testFolder();
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";

test("asks webhooks who a token is of and what its user may do", async () => {
  const pki = createPki({ serverNames: ["127.0.0.1"], now: new Date() });
  const { certificate: cert, key } = serverCertificate(
    pki.ca,
    { commonName: "webhook", organizations: [] },
    ["127.0.0.1"],
    new Date(),
  );
  const asked: string[] = [];
  const webhook = createServer({ cert, key }, (incoming, answer) => {
    let text = "";
    incoming.on("data", (part) => {
      text += part;
    });
    incoming.on("end", () => {
      const review = JSON.parse(text);
      asked.push(review.kind);
      const { token, resourceAttributes, user } = review.spec;
      const status =
        review.kind === "TokenReview"
          ? { authenticated: token === "good", user: { username: "remote", groups: ["staff"] } }
          : { allowed: user === "remote" && resourceAttributes?.resource === "configmaps" };
      answer.end(JSON.stringify({ ...review, status }));
    });
  });
  await new Promise<void>((resolve) => webhook.listen(0, "127.0.0.1", resolve));
  const { port } = webhook.address() as AddressInfo; // a TCP server's address is an object
  const config = folder.json("webhook.json", {
    clusters: [
      {
        name: "c",
        cluster: {
          server: `https://127.0.0.1:${port}/`,
          "certificate-authority-data": Buffer.from(pki.ca.certificate).toString("base64"),
        },
      },
    ],
    contexts: [{ name: "x", context: { cluster: "c" } }],
    "current-context": "x",
  });
  const server = await folder.run({
    tokenWebhookConfigFile: config,
    authorizationModes: ["Webhook"],
    authorizationWebhookConfigFile: config,
  });
  try {
    expect((await call(server, CONFIG_MAPS, bearer("bad"))).code).toBe(401);
    expect((await call(server, CONFIG_MAPS, bearer("good"))).code).toBe(200);
    expect((await call(server, "/api/v1/nodes", bearer("good"))).code).toBe(403);
    expect(new Set(asked)).toEqual(new Set(["TokenReview", "SubjectAccessReview"]));
  } finally {
    await server.stop();
    webhook.close();
  }
});
