/** What holds for every built-in kind alike, with a sample of each and with random objects made from its schema. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { arbitraryKind } from "../openapi/arbitrary-object.ts";
import { decodeJson } from "../openapi/decode.ts";
import { encodeProtobuf } from "../openapi/protobuf/codec.ts";
import { schemaForKind } from "../openapi/types.ts";
import { type ClusterUnderTest, clusterUnderTest } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { HttpClient, type Json } from "./http.ts";
import { kubectlMinors, kubectlPath, runClient } from "./kubectl.ts";
import { namespace, type Sample, samples } from "./samples.ts";

const PROTOBUF = "application/vnd.kubernetes.protobuf";
/** Random objects of each kind. */
const RUNS = Number(process.env.INKUBE_RUNS ?? 8);

let cluster: ClusterUnderTest;
let http: HttpClient;

beforeAll(async () => {
  cluster = await clusterUnderTest({ nodes: 0, controllers: [], scheduler: false });
  http = await HttpClient.open(cluster.kubeconfig);
  expect((await http.post("/api/v1/namespaces", { metadata: { name: namespace } })).status).toBe(201);
  // Pods want one, and no controller is there to make it.
  const { status } = await http.post(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
    metadata: { name: "default" },
  });
  expect(status).toBe(201);
});
afterAll(() => cluster.stop());

function collection({ apiVersion, resource, namespaced }: Sample): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}/${namespaced ? `namespaces/${namespace}/` : ""}${resource.slice(resource.lastIndexOf("/") + 1)}`;
}

function named({ apiVersion, kind, object }: Sample, name: string): Json {
  // Now and then random names of types are left in.
  const type = `${object.kind}`.length > 2 ? {} : { apiVersion, kind };
  return { ...object, ...type, metadata: { ...object.metadata, name } };
}

/** The members of `over` laid over `base`, into objects and the first elements of lists. */
function merged(base: Json, over: Json): Json {
  if (Array.isArray(base) && Array.isArray(over))
    return over.map((item, index) => (index < base.length ? merged(base[index], item) : item));
  if (!isObject(base) || !isObject(over)) return over;
  const result: Json = { ...base };
  for (const [key, value] of Object.entries(over))
    if (key !== "__proto__") result[key] = key in base ? merged(base[key], value) : value;
  return result;
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * An object without what two creations of the same may differ in: also Jobs' labels and Pods' volume of a token. The
 * generation of Deployments counts their annotations.
 */
function lasting({ metadata, ...rest }: Json): Json {
  const { uid, creationTimestamp, managedFields, resourceVersion, generation, ...kept } = metadata;
  const text = JSON.stringify({ ...rest, metadata: kept }).replaceAll(uid, "UID");
  return JSON.parse(text.replaceAll(/kube-api-access-[a-z0-9]{5}/g, "kube-api-access"));
}

describe.each(samples)("$kind of $apiVersion", (sample) => {
  const path = collection(sample);
  const [group = "", version = ""] = sample.apiVersion.includes("/")
    ? sample.apiVersion.split("/")
    : ["", sample.apiVersion];
  const schema = schemaForKind(group, version, sample.kind);
  if (!schema) throw new Error(`no schema of ${sample.kind}`);

  test("what was read, written back as JSON and as protobuf, changes nothing", async () => {
    const created = await http.post(path, named(sample, "sample"));
    expect(created.body).toMatchObject({ kind: sample.kind, metadata: { name: "sample" } });
    const one = `${path}/sample`;
    // Upstream rewrites claims at their first update, and statuses of FlowSchemas come a moment later.
    const read = await eventually(async () => {
      const { body: before } = await http.get(one);
      const { status, body } = await http.put(one, before);
      expect(status).toBe(200);
      expect(lasting(body)).toEqual(lasting(before));
      return body;
    });
    expect(await http.put(one, read)).toMatchObject({ status: 200, body: read });
    const { body: bytes } = await http.get(one, { accept: PROTOBUF });
    expect(bytes).toBeInstanceOf(Buffer);
    const fromBytes = await http.send("PUT", one, bytes, { "content-type": PROTOBUF });
    expect(fromBytes).toMatchObject({ status: 200, body: read });
  });

  test("random objects are accepted or refused, never a failure; protobuf says the same", async () => {
    const random = arbitraryKind(schema, 4).map((over) =>
      named({ ...sample, object: merged(sample.object, over) }, "random"),
    );
    await fc.assert(
      fc.asyncProperty(random, async (object) => {
        const json = await http.post(`${path}?dryRun=All`, object);
        expect(json.status, JSON.stringify(json.body)).toBeLessThan(500);
        if (json.status !== 201) {
          expect(json.body).toMatchObject({ kind: "Status", status: "Failure" });
          return;
        }
        const { value } = decodeJson(Buffer.from(JSON.stringify(object)), schema, "Ignore");
        const bytes = encodeProtobuf({ ...value, apiVersion: sample.apiVersion, kind: sample.kind }, schema);
        const headers = { "content-type": PROTOBUF };
        const { body } = await http.send("POST", `${path}?dryRun=All`, bytes, headers);
        expect(lasting(body)).toEqual(lasting(json.body));
      }),
      { numRuns: RUNS },
    );
  });
});

test("kubectl get -o yaml | kubectl apply changes nothing but its own annotation", async () => {
  const kubectl = kubectlPath(kubectlMinors[2]);
  const run = (args: readonly string[], input?: string) => runClient(kubectl, cluster.kubeconfig, args, input);
  // An Event of either group is one object, and what was applied to an old Endpoints is warned about.
  const applied = samples.filter(({ kind }) => !["Event", "Endpoints"].includes(kind));
  const names = applied.map(({ apiVersion, resource }) => {
    const [group = ""] = apiVersion.includes("/") ? apiVersion.split("/") : [""];
    return `${resource.slice(resource.lastIndexOf("/") + 1)}${group && `.${group}`}/sample`;
  });
  const before = await Promise.all(applied.map((sample) => http.get(`${collection(sample)}/sample`)));
  const { stdout: all } = await run(["get", ...names, "-n", namespace, "-o", "yaml"]);
  expect(await run(["apply", "-f", "-"], all)).toMatchObject({ exit: 0 });
  const after = await Promise.all(applied.map((sample) => http.get(`${collection(sample)}/sample`)));
  for (const [index, { body }] of after.entries()) {
    const { annotations = {}, ...metadata } = body.metadata;
    const { "kubectl.kubernetes.io/last-applied-configuration": _, ...others } = annotations;
    const rest = Object.keys(others).length > 0 ? { annotations: others } : {};
    expect(lasting({ ...body, metadata: { ...metadata, ...rest } })).toEqual(lasting(before[index]?.body));
  }
});
