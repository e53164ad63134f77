import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createAuthority, serverCertificate } from "../../../pki/authority.ts";
import type { KubeObject } from "../../meta/object.ts";
import { admissionChain } from "../chain.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../plugin.ts";
import { messageOf, TestObjects, testAttributes, testContext } from "../test-context.ts";
import { type WebhookClient, webhookClient } from "./client.ts";
import { Hooks } from "./hooks.ts";
import { mutatingAdmissionWebhook } from "./mutating-webhook.ts";
import { validatingAdmissionWebhook } from "./validating-webhook.ts";

type Json = Record<string, unknown>;

const now = new Date();
const ca = createAuthority("hooks", now);
const CA_BUNDLE = Buffer.from(ca.certificate).toString("base64");
/** What the server was asked, and how it answers. */
let asked: { url: string; request: Json }[];
/** A text is the whole body, a number the status. */
let answer: (request: Json, url: string) => Json | number | string;
let server: Server;
let client: WebhookClient;
let port: number;
/** The webhook's own certificate. */
let leaf: string;

beforeAll(async () => {
  const names = ["hook.ns.svc", "127.0.0.1"];
  const { certificate, key } = serverCertificate(ca, { commonName: "hook", organizations: [] }, names, now);
  leaf = certificate;
  server = createServer({ cert: certificate, key }, (request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      // What follows a redirect may be a mere GET.
      const review = text
        ? JSON.parse(text)
        : { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request: {} };
      asked.push({ url: request.url ?? "", request: review.request });
      const verdict = answer(review.request, request.url ?? "");
      if (typeof verdict === "number") {
        if (verdict > 0) response.writeHead(verdict).end();
        return; // silent
      }
      if (typeof verdict === "string") {
        response.writeHead(verdict === "boom" ? 500 : 200).end(verdict);
        return;
      }
      if (typeof verdict.redirect === "number") {
        response.writeHead(verdict.redirect, { location: "/there" }).end();
        return;
      }
      const { kind, apiVersion } = review;
      response.end(JSON.stringify({ kind, apiVersion, response: { uid: review.request.uid, ...verdict } }));
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  ({ port } = server.address() as AddressInfo); // it listens
  client = webhookClient(() => ({ host: "127.0.0.1", port }));
});
afterAll(() => {
  client.stop();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
  answer = () => ({ allowed: true });
});

const hook = (more: Json = {}): Json => ({
  name: "h.example.com",
  clientConfig: { url: `https://127.0.0.1:${port}/p`, caBundle: CA_BUNDLE },
  rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
  failurePolicy: "Fail",
  matchPolicy: "Equivalent",
  namespaceSelector: {},
  objectSelector: {},
  sideEffects: "None",
  timeoutSeconds: 5,
  admissionReviewVersions: ["v1"],
  ...more,
});

function pluginOf(sort: "mutating" | "validating", webhooks: readonly Json[]): AdmissionPlugin {
  // A configuration as it would come from storage.
  const configuration = { metadata: { name: "conf" }, webhooks } as KubeObject;
  const watch = {
    watch: (_: unknown, handler: { set(object: never): void }) => {
      handler.set(configuration as never);
      return () => undefined;
    },
  };
  const hooks = new Hooks(watch, `${sort}webhookconfigurations`);
  let id = 0;
  const environment = { client, served: () => [], newId: () => `id-${++id}` };
  return sort === "mutating"
    ? mutatingAdmissionWebhook(hooks, environment)
    : validatingAdmissionWebhook(hooks, environment);
}

const configMap = (labels?: Record<string, string>): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", namespace: "ns", ...(labels && { labels }) },
});

function request(more: Partial<AdmissionAttributes> = {}) {
  const kind = { group: "", version: "v1", kind: "ConfigMap" };
  return testAttributes<KubeObject>({ resource: "configmaps", kind, name: "a", object: configMap(), ...more });
}

async function run(
  sort: "mutating" | "validating",
  webhooks: readonly Json[],
  more: Partial<AdmissionAttributes> = {},
) {
  const objects = new TestObjects();
  objects.set("namespaces", { metadata: { name: "ns", labels: { team: "a" } } });
  const chain = admissionChain([pluginOf(sort, webhooks)], testContext(objects));
  const { attributes, ...seen } = request(more);
  const message = await messageOf(() => (sort === "mutating" ? chain.admit(attributes) : chain.validate(attributes)));
  return { message, attributes, ...seen };
}

test("a webhook is told all about the request", async () => {
  await run("validating", [hook()]);
  expect(asked).toEqual([
    {
      url: "/p?timeout=5s",
      request: {
        uid: "id-1",
        kind: { group: "", version: "v1", kind: "ConfigMap" },
        resource: { group: "", version: "v1", resource: "configmaps" },
        requestKind: { group: "", version: "v1", kind: "ConfigMap" },
        requestResource: { group: "", version: "v1", resource: "configmaps" },
        name: "a",
        namespace: "ns",
        operation: "CREATE",
        userInfo: { username: "jane", groups: ["system:authenticated"] },
        object: { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a", namespace: "ns" } },
        oldObject: null,
        dryRun: false,
        options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
      },
    },
  ]);
});

test.each<{ verdict: Json; message: string }>([
  { verdict: { allowed: true }, message: "" },
  { verdict: { allowed: false }, message: 'admission webhook "h.example.com" denied the request without explanation' },
  {
    verdict: { allowed: false, status: { message: "no way", code: 403 } },
    message: 'admission webhook "h.example.com" denied the request: no way',
  },
  {
    verdict: { allowed: true, uid: "x" },
    message:
      'Internal error occurred: failed calling webhook "h.example.com": received invalid webhook response: expected response.uid="id-1", got "x"',
  },
  {
    verdict: { allowed: true, patch: "W10=", patchType: "JSONPatch" },
    message:
      'Internal error occurred: failed calling webhook "h.example.com": received invalid webhook response: validating webhook may not return response.patch',
  },
])("the answer $verdict gives: $message", async ({ verdict, message }) => {
  answer = () => verdict;
  expect((await run("validating", [hook()])).message).toBe(message);
});

const calling = 'Internal error occurred: failed calling webhook "h.example.com": failed to call webhook: ';
test.each<{ what: string; more: () => Json; status?: number; message: () => string }>([
  {
    what: "that nobody listens for",
    more: () => ({ clientConfig: { url: "https://127.0.0.1:1/x" } }),
    message: () =>
      `${calling}Post "https://127.0.0.1:1/x?timeout=5s": dial tcp 127.0.0.1:1: connect: connection refused`,
  },
  {
    what: "of an unknown authority",
    more: () => ({ clientConfig: { url: `https://127.0.0.1:${port}/x` } }),
    message: () =>
      `${calling}Post "https://127.0.0.1:${port}/x?timeout=5s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  },
  {
    what: "that answers 404",
    more: () => ({}),
    status: 404,
    message: () => `${calling}the server could not find the requested resource`,
  },
  {
    what: "that stays silent",
    more: () => ({ timeoutSeconds: 1 }),
    status: 0,
    message: () => `${calling}Post "https://127.0.0.1:${port}/p?timeout=1s": context deadline exceeded`,
  },
])("a webhook $what fails the request, or not when failures are ignored", async ({ more, status, message }) => {
  if (status !== undefined) answer = () => status;
  expect((await run("validating", [hook(more())])).message).toBe(message());
  const ignored = await run("validating", [hook({ ...more(), failurePolicy: "Ignore" })]);
  expect(ignored.message).toBe("");
  expect(ignored.annotations).toEqual({
    "failed-open.validating.webhook.admission.k8s.io/round_0_index_0": "h.example.com",
  });
});

test("a service is called by its name, wherever it is", async () => {
  const service = { namespace: "ns", name: "hook", path: "/s" };
  expect((await run("validating", [hook({ clientConfig: { service, caBundle: CA_BUNDLE } })])).message).toBe("");
  expect(asked[0]?.url).toBe("/s?timeout=5s");
});

const rules = (rule: Json) => ({
  rules: [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"], ...rule }],
});
test.each<{ what: string; more: Json; calls: number }>([
  { what: "everything", more: rules({}), calls: 1 },
  { what: "another operation", more: rules({ operations: ["DELETE"] }), calls: 0 },
  { what: "subresources only", more: rules({ resources: ["*/status"] }), calls: 0 },
  { what: "all with subresources", more: rules({ resources: ["*/*"] }), calls: 1 },
  { what: "cluster scope", more: rules({ scope: "Cluster" }), calls: 0 },
  { what: "another namespace", more: { namespaceSelector: { matchLabels: { team: "b" } } }, calls: 0 },
  { what: "this namespace", more: { namespaceSelector: { matchLabels: { team: "a" } } }, calls: 1 },
  { what: "another object", more: { objectSelector: { matchLabels: { x: "y" } } }, calls: 0 },
  { what: "a true condition", more: { matchConditions: [{ name: "c", expression: "true" }] }, calls: 1 },
  { what: "a false condition", more: { matchConditions: [{ name: "c", expression: "false" }] }, calls: 0 },
  {
    what: "a failing condition beside a false one",
    more: { matchConditions: [{ expression: "object.boom == 1" }, { expression: "false" }] },
    calls: 0,
  },
])("a webhook for $what is called $calls times", async ({ more, calls }) => {
  expect((await run("validating", [hook(more)])).message).toBe("");
  expect(asked).toHaveLength(calls);
});

test("a webhook's own certificate is enough to trust it, and nothing else is", async () => {
  const url = `https://127.0.0.1:${port}/p`;
  const trusting = (bundle: string) =>
    hook({ clientConfig: { url, caBundle: Buffer.from(bundle).toString("base64") } });
  expect((await run("validating", [trusting(leaf)])).message).toBe("");
  expect(asked.length).toBe(1);
  const service = { namespace: "ns", name: "stranger", port };
  const stranger = hook({ clientConfig: { service, caBundle: CA_BUNDLE } });
  expect((await run("validating", [stranger])).message).toContain(
    "tls: failed to verify certificate: x509: certificate is valid for hook.ns.svc, not stranger.ns.svc",
  );
  const other = createAuthority("others", now).certificate;
  expect((await run("validating", [trusting(other)])).message).toContain(
    "tls: failed to verify certificate: x509: certificate signed by unknown authority",
  );
});

test("a condition that fails is refused, or skips when failures are ignored", async () => {
  const matchConditions = [{ name: "c", expression: "object.boom == 1" }];
  expect((await run("validating", [hook({ matchConditions })])).message).toBe(
    "configmaps \"a\" is forbidden: expression 'object.boom == 1' resulted in error: no such key: boom",
  );
  expect((await run("validating", [hook({ matchConditions, failurePolicy: "Ignore" })])).message).toBe("");
  expect(asked).toHaveLength(0);
});

test("a dry run does not reach webhooks with side effects", async () => {
  expect((await run("validating", [hook({ sideEffects: "Some" })], { dryRun: true })).message).toBe(
    'admission webhook "h.example.com" does not support dry run',
  );
  expect((await run("validating", [hook({ sideEffects: "NoneOnDryRun" })], { dryRun: true })).message).toBe("");
  expect(asked.map(({ request }) => request.dryRun)).toEqual([true]);
});

test("what configures admission is never sent to webhooks", async () => {
  const kind = { group: "admissionregistration.k8s.io", version: "v1", kind: "ValidatingWebhookConfiguration" };
  await run("validating", [hook(rules({}))], { kind, group: kind.group, resource: "validatingwebhookconfigurations" });
  expect(asked).toHaveLength(0);
});

test("warnings and audit annotations are passed on", async () => {
  answer = () => ({ allowed: true, warnings: ["careful"], auditAnnotations: { k: "v" } });
  const { warnings, annotations } = await run("validating", [hook()]);
  expect(warnings).toEqual(["careful"]);
  expect(annotations).toEqual({ "h.example.com/k": "v" });
});

const patched = (...operations: Json[]): Json => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
});

test("a patch changes the object, and the next webhook sees it", async () => {
  answer = (_, url) =>
    url.startsWith("/1") ? patched({ op: "add", path: "/metadata/labels", value: { a: "b" } }) : { allowed: true };
  const at = (path: string) => hook({ clientConfig: { url: `https://127.0.0.1:${port}${path}`, caBundle: CA_BUNDLE } });
  const { attributes, annotations } = await run("mutating", [at("/1"), at("/2")]);
  expect(attributes.object?.metadata.labels).toEqual({ a: "b" });
  // The cast: what was sent is an object with metadata.
  expect((asked[1]!.request.object as KubeObject).metadata.labels).toEqual({ a: "b" });
  expect(annotations["mutation.webhook.admission.k8s.io/round_0_index_0"]).toBe(
    '{"configuration":"conf","webhook":"h.example.com","mutated":true}',
  );
});

test("a webhook that wants it is called again when a later one changed the object", async () => {
  const at = (path: string, more: Json = {}) =>
    hook({ clientConfig: { url: `https://127.0.0.1:${port}${path}`, caBundle: CA_BUNDLE }, name: path, ...more });
  answer = (_, url) =>
    url.startsWith("/2") ? patched({ op: "add", path: "/metadata/labels", value: { a: "b" } }) : { allowed: true };
  await run("mutating", [
    at("/1", { reinvocationPolicy: "IfNeeded" }),
    at("/2"),
    at("/3", { reinvocationPolicy: "IfNeeded" }),
  ]);
  expect(asked.map(({ url }) => url.slice(0, 2))).toEqual(["/1", "/2", "/3", "/1"]);
});

test.each<{ what: string; verdict: Json; message: string }>([
  {
    what: "that does not apply",
    verdict: patched({ op: "remove", path: "/nope" }),
    message:
      "Internal error occurred: error in remove for path: '/nope': Unable to remove nonexistent key: nope: missing value",
  },
  {
    what: "without a type",
    verdict: { ...patched(), patchType: undefined },
    message:
      'Internal error occurred: failed calling webhook "h.example.com": received invalid webhook response: webhook returned response.patch but not response.patchType',
  },
  {
    what: "of an unknown type",
    verdict: { ...patched({ op: "add", path: "/x", value: 1 }), patchType: "Merge" },
    message: 'Internal error occurred: failed calling webhook "h.example.com": unsupported patch type "Merge"',
  },
])("a patch $what fails the request", async ({ verdict, message }) => {
  answer = () => verdict;
  expect((await run("mutating", [hook()])).message).toBe(message);
});

test.each([
  [
    "{nope",
    `couldn't get version/kind; json parse error: invalid character 'n' looking for beginning of object key string`,
  ],
  ["", "0-length response with status code: 200 and content type: application/json"],
  ["boom", 'an error on the server ("boom") has prevented the request from succeeding'],
  [
    '{"kind":"Nope","apiVersion":"admission.k8s.io/v1"}',
    'no kind "Nope" is registered for version "admission.k8s.io/v1" in scheme "k8s.io/apiserver/pkg/util/webhook/client.go:71"',
  ],
  [
    '{"apiVersion":"admission.k8s.io/v9"}',
    'no kind "AdmissionReview" is registered for version "admission.k8s.io/v9" in scheme "k8s.io/apiserver/pkg/util/webhook/client.go:71"',
  ],
])("an answer of %j fails the call", async (body, why) => {
  answer = () => body;
  const { message } = await run("validating", [hook()]);
  expect(message).toBe(
    `Internal error occurred: failed calling webhook "h.example.com": failed to call webhook: ${why}`,
  );
});

test("a patch that is no JSON is told as Go tells it", async () => {
  answer = () => ({ allowed: true, patchType: "JSONPatch", patch: Buffer.from("[{").toString("base64") });
  const { message } = await run("mutating", [hook()]);
  expect(message).toBe(
    'Internal error occurred: failed calling webhook "h.example.com": received undecodable patch in webhook response: unexpected end of JSON input',
  );
});

test.each([
  [307, "/there", ["/p", "/there"], ""],
  [
    302,
    "/there",
    ["/p", "/there"],
    'failed calling webhook "h.example.com": received invalid webhook response: expected response.uid="id-1", got ""',
  ],
  [
    308,
    "nowhere",
    Array.from({ length: 11 }, (_, n) => (n ? "/there" : "/p")),
    'Post "/there": stopped after 10 redirects',
  ],
])("a webhook that answers %i is followed, as Go does", async (code, end, paths, message) => {
  answer = (_, url) => (url.startsWith(end) ? { allowed: true } : { redirect: code });
  const result = await run("validating", [hook()]);
  expect(asked.map(({ url }) => url.replace(/\?.*/, ""))).toEqual(paths);
  if (message) expect(result.message).toContain(message);
  else expect(result.message).toBe("");
});
