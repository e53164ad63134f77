import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClusterUnderTest, clusterUnderTest } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { HttpClient, type Json } from "./http.ts";

const namespace = `api-${process.pid}`;
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
let cluster: ClusterUnderTest;
let api: HttpClient;

const configMap = (name: string, data: Record<string, string> = { k: "v" }) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels: { made: "here" } },
  data,
});

beforeAll(async () => {
  cluster = await clusterUnderTest({ nodes: 0, scheduler: false });
  api = await HttpClient.open(cluster.kubeconfig);
  expect((await api.post("/api/v1/namespaces", { metadata: { name: namespace } })).status).toBe(201);
});
afterAll(async () => {
  await api?.delete(`/api/v1/namespaces/${namespace}`);
  await cluster?.stop();
});

describe("requests that are refused", () => {
  const pod = (spec: object) => ({ metadata: { name: "p" }, spec });
  test.each<{
    what: string;
    method: string;
    path: string;
    body?: unknown;
    code: number;
    reason: string;
    message: string;
  }>([
    {
      what: "a namespace in capitals",
      method: "POST",
      path: "/api/v1/namespaces",
      body: { metadata: { name: "UPPER" } },
      code: 422,
      reason: "Invalid",
      message: `Namespace "UPPER" is invalid: metadata.name: Invalid value: "UPPER": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
    },
    {
      what: "a namespace that is there",
      method: "POST",
      path: "/api/v1/namespaces",
      body: { metadata: { name: "default" } },
      code: 409,
      reason: "AlreadyExists",
      message: 'namespaces "default" already exists',
    },
    {
      what: "an object without a name",
      method: "POST",
      path: configMaps,
      body: { metadata: {} },
      code: 422,
      reason: "Invalid",
      message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    },
    {
      what: "an object of another namespace",
      method: "POST",
      path: configMaps,
      body: { metadata: { name: "a", namespace: "other" } },
      code: 400,
      reason: "BadRequest",
      message: "the namespace of the provided object does not match the namespace sent on the request",
    },
    {
      what: "an object of another name",
      method: "PUT",
      path: `${configMaps}/a`,
      body: { metadata: { name: "b" } },
      code: 400,
      reason: "BadRequest",
      message: "the name of the object (b) does not match the name on the URL (a)",
    },
    {
      what: "a missing object",
      method: "GET",
      path: `${configMaps}/absent`,
      code: 404,
      reason: "NotFound",
      message: 'configmaps "absent" not found',
    },
    {
      what: "a missing object of a group",
      method: "GET",
      path: `/apis/apps/v1/namespaces/${namespace}/deployments/absent`,
      code: 404,
      reason: "NotFound",
      message: 'deployments.apps "absent" not found',
    },
    {
      what: "a delete of a missing object",
      method: "DELETE",
      path: `${configMaps}/absent`,
      code: 404,
      reason: "NotFound",
      message: 'configmaps "absent" not found',
    },
    {
      what: "an object in a missing namespace",
      method: "POST",
      path: "/api/v1/namespaces/absent/configmaps",
      body: { metadata: { name: "a" } },
      code: 404,
      reason: "NotFound",
      message: 'namespaces "absent" not found',
    },
    {
      what: "an unknown resource",
      method: "GET",
      path: "/api/v1/nonsense",
      code: 404,
      reason: "NotFound",
      message: "the server could not find the requested resource",
    },
    {
      what: "a verb that a path does not have",
      method: "POST",
      path: `${configMaps}/a`,
      body: {},
      code: 405,
      reason: "MethodNotAllowed",
      message: "the server does not allow this method on the requested resource",
    },
    {
      what: "an unknown field, strictly",
      method: "POST",
      path: `${configMaps}?fieldValidation=Strict`,
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, dta: {} },
      code: 400,
      reason: "BadRequest",
      message: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dta"',
    },
    {
      what: "a wrong precondition",
      method: "DELETE",
      path: "/api/v1/namespaces/default",
      body: { preconditions: { uid: "no" } },
      code: 409,
      reason: "Conflict",
      message:
        'Operation cannot be fulfilled on namespaces "default": Precondition failed: UID in precondition: no, UID in object meta: ',
    },
    {
      what: "a Pod without containers",
      method: "POST",
      path: `/api/v1/namespaces/${namespace}/pods`,
      body: pod({}),
      code: 422,
      reason: "Invalid",
      message: 'Pod "p" is invalid: spec.containers: Required value',
    },
    {
      what: "a bad label selector",
      method: "GET",
      path: `${configMaps}?labelSelector=a+in`,
      code: 400,
      reason: "BadRequest",
      message: "unable to parse requirement: found '' expected: '('",
    },
    {
      what: "a bad field selector",
      method: "GET",
      path: `${configMaps}?fieldSelector=data.k%3Dv`,
      code: 400,
      reason: "BadRequest",
      message: '"data.k" is not a known field selector',
    },
    {
      what: "a continue token that is none",
      method: "GET",
      path: `${configMaps}?limit=1&continue=nonsense`,
      code: 400,
      reason: "BadRequest",
      message: "invalid continue token: continue key is not valid: ",
    },
  ])("$what answers $code $reason", async ({ method, path, body, code, reason, message }) => {
    const answer = await api.send(method, path, body);
    expect(answer.body).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", code, reason });
    expect(answer.status).toBe(code);
    expect(answer.body.message.slice(0, message.length)).toBe(message);
  });
});

describe("writes", () => {
  test("an update that changes nothing keeps the resourceVersion", async () => {
    const { body: made } = await api.post(configMaps, configMap("same"));
    const { body: updated } = await api.put(`${configMaps}/same`, made);
    expect(updated).toEqual(made);
    const { body: patched } = await api.patch(`${configMaps}/same`, { data: { k: "v" } });
    expect(patched.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  test("an update of an old version answers 409", async () => {
    const { body: made } = await api.post(configMaps, configMap("stale"));
    await api.patch(`${configMaps}/stale`, { data: { k: "newer" } });
    const late = await api.put(`${configMaps}/stale`, { ...made, data: { k: "late" } });
    expect(late.body).toMatchObject({
      code: 409,
      reason: "Conflict",
      message:
        'Operation cannot be fulfilled on configmaps "stale": the object has been modified; please apply your changes to the latest version and try again',
      details: { name: "stale", kind: "configmaps" },
    });
  });

  test("of concurrent updates of one version one wins", async () => {
    const { body: made } = await api.post(configMaps, configMap("race"));
    const race = Array.from({ length: 8 }, (_, n) => api.put(`${configMaps}/race`, { ...made, data: { n: `${n}` } }));
    const codes = (await Promise.all(race)).map(({ status }) => status).sort();
    expect(codes).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
  });

  test("generateName makes names that differ", async () => {
    const many = Array.from({ length: 5 }, () => api.post(configMaps, { metadata: { generateName: "gen-" } }));
    const names = (await Promise.all(many)).map(({ body }) => body.metadata.name);
    expect(new Set(names).size).toBe(5);
    for (const name of names) expect(name).toMatch(/^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test("dryRun answers as if, and writes nothing", async () => {
    const made = await api.post(`${configMaps}?dryRun=All`, configMap("dry"));
    expect(made.status).toBe(201);
    expect(made.body.metadata.uid).toBeTruthy();
    expect(made.body.metadata.resourceVersion).toBeUndefined();
    expect((await api.get(`${configMaps}/dry`)).status).toBe(404);
    await api.post(configMaps, configMap("kept"));
    expect((await api.delete(`${configMaps}/kept?dryRun=All`)).status).toBe(200);
    expect((await api.patch(`${configMaps}/kept?dryRun=All`, { data: { k: "no" } })).body.data).toEqual({ k: "no" });
    expect((await api.get(`${configMaps}/kept`)).body.data).toEqual({ k: "v" });
  });

  test("a finalizer holds an object until it is removed", async () => {
    const held = configMap("held");
    await api.post(configMaps, { ...held, metadata: { ...held.metadata, finalizers: ["example.com/hold"] } });
    expect((await api.delete(`${configMaps}/held`)).status).toBe(200);
    expect((await api.get(`${configMaps}/held`)).body.metadata.deletionTimestamp).toBeTruthy();
    await api.patch(`${configMaps}/held`, { metadata: { finalizers: null } });
    expect((await api.get(`${configMaps}/held`)).status).toBe(404);
  });

  test.each([
    { type: "application/json-patch+json", patch: [{ op: "replace", path: "/data/k", value: "new" }] },
    { type: "application/merge-patch+json", patch: { data: { k: "new" } } },
    { type: "application/strategic-merge-patch+json", patch: { data: { k: "new" } } },
  ])("$type changes an object", async ({ type, patch }) => {
    const { body: made } = await api.post(configMaps, { ...configMap(""), metadata: { generateName: "patched-" } });
    const answer = await api.patch(`${configMaps}/${made.metadata.name}`, patch, type);
    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual({ k: "new" });
    expect(Number(answer.body.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
  });

  test("server-side apply refuses another manager's field, and force takes it", async () => {
    const apply = (manager: string, value: string, force = "") =>
      api.patch(
        `${configMaps}/applied?fieldManager=${manager}${force}`,
        { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "applied" }, data: { k: value } },
        "application/apply-patch+yaml",
      );
    expect((await apply("one", "1")).status).toBe(201);
    const refused = await apply("two", "2");
    expect(refused.body).toMatchObject({ code: 409, reason: "Conflict" });
    expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "one": .data.k');
    expect((await apply("two", "2", "&force=true")).body.data).toEqual({ k: "2" });
  });
});

describe("reading in pages", () => {
  test("pages of one list show one moment, though objects come and go", async () => {
    const label = "labelSelector=paged%3Dyes";
    for (let n = 0; n < 10; n++) {
      await api.post(configMaps, { metadata: { name: `page-${n}`, labels: { paged: "yes" } } });
    }
    const first = (await api.get(`${configMaps}?${label}&limit=4`)).body;
    expect(first.items).toHaveLength(4);
    await api.delete(`${configMaps}/page-7`);
    await api.post(configMaps, { metadata: { name: "page-5a", labels: { paged: "yes" } } });
    const names = first.items.map((item: Json) => item.metadata.name);
    let token = first.metadata.continue;
    while (token) {
      const { body } = await api.get(`${configMaps}?${label}&limit=4&continue=${encodeURIComponent(token)}`);
      expect(body.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      names.push(...body.items.map((item: Json) => item.metadata.name));
      token = body.metadata.continue;
    }
    expect(names).toEqual(Array.from({ length: 10 }, (_, n) => `page-${n}`));
  });
});

describe("watching", () => {
  const nameOf = ({ type, object }: Json) => `${type} ${object.metadata.name}`;
  const is = (name: string) => (event: Json) => nameOf(event) === name;

  test("a watch from a revision shows all since, once, in order", async () => {
    const { body: start } = await api.post(configMaps, configMap("w-start"));
    await api.post(configMaps, configMap("w-a"));
    await api.patch(`${configMaps}/w-a`, { data: { k: "2" } });
    const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=${start.metadata.resourceVersion}`);
    await api.delete(`${configMaps}/w-a`);
    await api.post(configMaps, configMap("w-end"));
    const events = await watch.until(is("ADDED w-end"));
    watch.close();
    expect(events.map(nameOf)).toEqual(["ADDED w-a", "MODIFIED w-a", "DELETED w-a", "ADDED w-end"]);
    const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    // Resumed in the middle, it goes on exactly there.
    const again = await api.watch(`${configMaps}?watch=1&resourceVersion=${versions[1]}`);
    expect((await again.until(is("ADDED w-end"))).map(nameOf)).toEqual(["DELETED w-a", "ADDED w-end"]);
    again.close();
  });

  test("sendInitialEvents sends what is there, then a bookmark that says so", async () => {
    const label = "labelSelector=initial%3Dyes";
    for (const name of ["i-a", "i-b"]) await api.post(configMaps, { metadata: { name, labels: { initial: "yes" } } });
    const watch = await api.watch(
      `${configMaps}?watch=1&${label}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    const events = await watch.until(({ type }) => type === "BOOKMARK");
    watch.close();
    expect(events.slice(0, -1).map(nameOf).sort()).toEqual(["ADDED i-a", "ADDED i-b"]);
    expect(events.at(-1)?.object.metadata.annotations).toEqual({ "k8s.io/initial-events-end": "true" });
  });

  test("an object that leaves the selector is seen as deleted", async () => {
    const { body: made } = await api.post(configMaps, { metadata: { name: "leaves", labels: { in: "yes" } } });
    const version = made.metadata.resourceVersion;
    const watch = await api.watch(`${configMaps}?watch=1&labelSelector=in%3Dyes&resourceVersion=${version}`);
    await api.patch(`${configMaps}/leaves`, { metadata: { labels: { in: "no" } } });
    const [event] = await watch.until(() => true);
    watch.close();
    expect(nameOf(event)).toBe("DELETED leaves");
  });

  test("timeoutSeconds ends a watch without an error", async () => {
    const watch = await api.watch(`${configMaps}?watch=1&timeoutSeconds=1&labelSelector=none%3Dsuch`);
    const types: string[] = [];
    for await (const { type } of watch) types.push(type);
    expect(types).toEqual([]);
  });

  test("a future revision answers 504", async () => {
    const { body } = await api.get(
      `${configMaps}?resourceVersion=999999999&resourceVersionMatch=NotOlderThan&timeoutSeconds=1`,
    );
    expect(body).toMatchObject({ code: 504, reason: "Timeout" });
    expect(body.message).toMatch(/^Timeout: Too large resource version: 999999999, current: \d+$/);
    expect(body.details.causes).toEqual([{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }]);
  });
});

describe("representations", () => {
  test("a Table has the columns that kubectl prints", async () => {
    await api.post(configMaps, configMap("row"));
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const { body } = await api.get(`${configMaps}/row`, { accept });
    expect(body.kind).toBe("Table");
    expect(body.columnDefinitions.map(({ name }: Json) => name)).toEqual(["Name", "Data", "Age"]);
    expect(body.rows[0].cells.slice(0, 2)).toEqual(["row", 1]);
  });

  test("PartialObjectMetadata leaves out the rest", async () => {
    await api.post(configMaps, configMap("partial"));
    const accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    const { body } = await api.get(`${configMaps}/partial`, { accept });
    expect(body).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "partial" } });
    expect(body.data).toBeUndefined();
  });

  test("a type that is not served answers 406", async () => {
    const { status, body } = await api.get(configMaps, { accept: "text/html" });
    expect(status).toBe(406);
    expect(body.reason).toBe("NotAcceptable");
  });
});

test("a deleted namespace takes its content along and refuses more", async () => {
  const name = `${namespace}-gone`;
  await api.post("/api/v1/namespaces", { metadata: { name } });
  const held = { metadata: { name: "held", finalizers: ["example.com/hold"] } };
  await api.post(`/api/v1/namespaces/${name}/configmaps`, held);
  await api.delete(`/api/v1/namespaces/${name}`);
  const { body: refused } = await api.post(`/api/v1/namespaces/${name}/configmaps`, configMap("late"));
  expect(refused.message).toBe(
    `configmaps "late" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
  );
  await eventually(async () => {
    const { body } = await api.get(`/api/v1/namespaces/${name}`);
    const condition = body.status.conditions.find(({ type }: Json) => type === "NamespaceFinalizersRemaining");
    expect(condition.status).toBe("True");
  });
  await api.patch(`/api/v1/namespaces/${name}/configmaps/held`, { metadata: { finalizers: null } });
  await eventually(async () => expect((await api.get(`/api/v1/namespaces/${name}`)).status).toBe(404), 40_000);
});
