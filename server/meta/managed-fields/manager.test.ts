import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coerce } from "../../../openapi/decode.ts";
import type { Field, Schema } from "../../../openapi/schema.ts";
import { schemaForKind } from "../../../openapi/types.ts";
import type { KubeObject, ManagedFieldsEntry } from "../object.ts";
import { LAST_APPLIED } from "./last-applied.ts";
import {
  admissionWarning,
  applyPatch,
  applyUpdate,
  type FieldManagement,
  fieldManagerName,
  stripManagedFields,
} from "./manager.ts";
import { customResetFields, resetFieldsOf } from "./reset-fields.ts";

const NOW = new Date("2026-01-02T03:04:05.678Z");
const LATER = new Date("2026-01-02T04:00:00Z");

function managementOf(group: string, version: string, kind: string, plural: string, subresource = ""): FieldManagement {
  const schema = schemaForKind(group, version, kind)!;
  return { schema, group, version, kind, subresource, resetFields: resetFieldsOf(group, plural, subresource) };
}
const configMaps = managementOf("", "v1", "ConfigMap", "configmaps");
const deployments = managementOf("apps", "v1", "Deployment", "deployments");
const deploymentStatus = managementOf("apps", "v1", "Deployment", "deployments", "status");
const pods = managementOf("", "v1", "Pod", "pods");

// biome-ignore lint/suspicious/noExplicitAny: bodies of several kinds, looked at member by member
type Anything = KubeObject & { [field: string]: any };
const decode = ({ schema }: FieldManagement, value: unknown) => coerce<Anything>(value, schema, "Ignore").value;

/** A resource with one object, written to as a server would. */
function server(management: FieldManagement) {
  let object: Anything | undefined;
  let now = NOW;
  const store = (next: unknown): Anything => {
    object = decode(management, next);
    object.metadata.uid ??= "1";
    return object;
  };
  return {
    at(time: Date) {
      now = time;
      return this;
    },
    apply(manager: string, config: Record<string, unknown>, force = false, via = management) {
      return store(applyPatch(via, object, config, { manager, force, now }));
    },
    put(manager: string, next: Record<string, unknown>, via = management) {
      const decoded = decode(management, next);
      if (object) decoded.metadata = { ...decoded.metadata, uid: "1" };
      return store(applyUpdate(via, object, decoded, { manager, now }));
    },
    get: () => object!,
  };
}

const map = (data: object | undefined, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", ...metadata },
  ...(data && { data }),
});
const fieldsOf = (object: KubeObject) =>
  Object.fromEntries((object.metadata.managedFields ?? []).map(({ manager, fieldsV1 }) => [manager, fieldsV1]));
const deployment = (spec: object, metadata: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", ...metadata },
  spec,
});
const podSpec = (...containers: object[]) => ({ template: { spec: { containers } } });

describe("plain writes", () => {
  test("a new ConfigMap is owned with its containers", () => {
    const object = server(configMaps).put("kubectl", map({ x: "1" }, { labels: { l: "1" }, generation: 3 }));
    expect(object.metadata.managedFields).toEqual([
      {
        manager: "kubectl",
        operation: "Update",
        apiVersion: "v1",
        time: "2026-01-02T03:04:05Z",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:data": { ".": {}, "f:x": {} }, "f:metadata": { "f:labels": { ".": {}, "f:l": {} } } },
      },
    ]);
  });

  test("a list that Go prints as null is not owned itself, and objects that it always prints are not new", () => {
    const container = { name: "app", image: "i", resources: {} };
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: { containers: [container] },
      status: { phase: "x" },
    };
    expect(fieldsOf(server(pods).put("m", pod))).toEqual({
      m: {
        "f:spec": {
          "f:containers": { 'k:{"name":"app"}': { ".": {}, "f:image": {}, "f:name": {}, "f:resources": {} } },
        },
      },
    });
  });

  test("what a writer changes goes over to it, and what it removes is nobody's", () => {
    const api = server(configMaps);
    api.put("first", map({ x: "1", z: "1" }));
    expect(fieldsOf(api.put("second", map({ x: "2", y: "1" })))).toEqual({
      first: { "f:data": {} },
      second: { "f:data": { "f:x": {}, "f:y": {} } },
    });
    expect(fieldsOf(api.put("second", map({ y: "1" })))).toEqual({
      first: { "f:data": {} },
      second: { "f:data": { "f:y": {} } },
    });
  });

  test("entries stay the very same while their sets do", () => {
    const live = server(configMaps).put("first", map({ x: "1" }));
    const again = applyUpdate(configMaps, live, decode(configMaps, map({ x: "1" })), { manager: "second", now: LATER });
    expect(again.metadata.managedFields?.[0]).toBe(live.metadata.managedFields?.[0]);
    expect(again.metadata.managedFields).toHaveLength(1);
  });

  test("a strategy's reset fields cannot be owned", () => {
    const api = server(deployments);
    api.put("m", { ...deployment({ replicas: 1 }), status: { replicas: 9 } });
    expect(Object.keys(fieldsOf(api.get()).m!)).toEqual(["f:spec"]);
    api.put("s", { ...deployment({ replicas: 5 }, { labels: { s: "1" } }), status: { replicas: 3 } }, deploymentStatus);
    expect(fieldsOf(api.get()).s).toEqual({ "f:status": { "f:replicas": {} } });
    expect(api.get().metadata.managedFields?.[1]?.subresource).toBe("status");
  });

  test.each([
    ["an empty list", []],
    ["one empty entry", [{}]],
  ])("%s frees an object of its managers until someone applies", (_, managedFields) => {
    const live = server(configMaps).put("m", map({ x: "1" }));
    const reset = { ...live, metadata: { ...live.metadata, managedFields } };
    const freed = applyUpdate(configMaps, live, reset, { manager: "m", now: NOW });
    expect(freed.metadata).not.toHaveProperty("managedFields");
    const changed = { ...freed, data: { x: "2" } };
    expect(applyUpdate(configMaps, freed, changed, { manager: "m", now: NOW }).metadata).not.toHaveProperty(
      "managedFields",
    );
    expect(() => applyPatch(configMaps, freed, map({ x: "3" }), { manager: "a", force: false, now: NOW })).toThrow(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.x',
    );
  });

  test.each<[string, ManagedFieldsEntry]>([
    ["operation must be `Apply` or `Update`", { manager: "x", apiVersion: "v1", fieldsType: "FieldsV1" }],
    ["apiVersion must not be empty", { operation: "Update", fieldsType: "FieldsV1" }],
    ["missing fieldsType in managed fields entry 0", { operation: "Update", apiVersion: "v1" }],
  ])("managedFields that cannot be read are ignored: %s", (message, entry) => {
    const live = server(configMaps).put("m", map({ x: "1" }));
    const spoilt = { ...live, metadata: { ...live.metadata, managedFields: [entry] } };
    const kept = applyUpdate(configMaps, live, spoilt, { manager: "m", now: NOW });
    expect(kept.metadata.managedFields).toEqual(live.metadata.managedFields);
    expect(admissionWarning([entry])).toBe(
      `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${message}`,
    );
    expect(admissionWarning(live.metadata.managedFields)).toBeUndefined();
  });

  test("ten updaters are kept, the oldest are folded into one", () => {
    const api = server(configMaps);
    for (let i = 0; i < 12; i++) {
      const data = Object.fromEntries(Array.from({ length: i + 1 }, (_, key) => [`k${key}`, "v"]));
      api.at(new Date(NOW.getTime() + i * 1000)).put(`m${String(i).padStart(2, "0")}`, map(data));
    }
    const entries = api.get().metadata.managedFields!;
    expect(entries.map(({ manager }) => manager)).toEqual([
      "ancient-changes",
      ..."03 04 05 06 07 08 09 10 11".split(" ").map((i) => `m${i}`),
    ]);
    expect(entries[0]).toMatchObject({
      time: "2026-01-02T03:04:07Z",
      fieldsV1: { "f:data": { ".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {} } },
    });
  });

  test.each([
    ["", "kubectl/v1.36 (linux)", "kubectl"],
    ["", "my agent (x)", "my agent (x)"],
    ["", `${"u".repeat(200)}/1`, "u".repeat(128)],
    ["", "a\u0001b", "ab"],
    ["given", "agent", "given"],
  ])("fieldManager %j of agent %j is %j", (manager, agent, name) => {
    expect(fieldManagerName(manager, agent)).toBe(name);
  });
});

describe("apply", () => {
  test("owns leaves only, shares equal values, and gives up what it leaves out", () => {
    const api = server(configMaps);
    api.apply("one", map({ x: "1", y: "1" }, { labels: { l: "1" } }));
    expect(fieldsOf(api.apply("two", map({ x: "1", z: "2" })))).toEqual({
      one: { "f:data": { "f:x": {}, "f:y": {} }, "f:metadata": { "f:labels": { "f:l": {} } } },
      two: { "f:data": { "f:x": {}, "f:z": {} } },
    });
    api.apply("one", map({ y: "1" }));
    expect(api.get()).toMatchObject({ data: { x: "1", y: "1", z: "2" } });
    expect(api.get().metadata).not.toHaveProperty("labels");
    const last = api.apply("two", map(undefined));
    expect(last.data).toEqual({ y: "1" });
    expect(Object.keys(fieldsOf(last))).toEqual(["one"]);
  });

  test("does not take over what it leaves out from updaters", () => {
    const api = server(configMaps);
    api.put("put", map({ p: "1" }));
    api.apply("one", map({ p: "1", q: "1" }));
    expect(api.apply("one", map({ q: "1" })).data).toEqual({ p: "1", q: "1" });
  });

  test("answers conflicts with a cause a field", () => {
    const api = server(configMaps);
    api.put("putter", map({ p: "put", y: "put" }));
    const conflict = () => api.apply("three", map({ p: "3", y: "3" }));
    expect(conflict).toThrow('Apply failed with 2 conflicts: conflicts with "putter" using v1:\n- .data.p\n- .data.y');
    expect(conflict).toThrow(
      expect.objectContaining({
        code: 409,
        reason: "Conflict",
        details: {
          causes: [".data.p", ".data.y"].map((field) => ({
            reason: "FieldManagerConflict",
            message: 'conflict with "putter" using v1',
            field,
          })),
        },
      }),
    );
    expect(fieldsOf(api.apply("three", map({ p: "3" }), true))).toEqual({
      three: { "f:data": { "f:p": {} } },
      putter: { "f:data": { ".": {}, "f:y": {} } },
    });
  });

  test("names the subresource through which the other came", () => {
    const api = server(deployments);
    api.put("kube", deployment({ replicas: 1 }));
    api.apply("ctrl", { ...deployment({}), status: { replicas: 1 } }, false, deploymentStatus);
    expect(() => api.apply("other", { ...deployment({}), status: { replicas: 3 } }, false, deploymentStatus)).toThrow(
      'Apply failed with 1 conflict: conflict with "ctrl" with subresource "status": .status.replicas',
    );
  });

  test("merges lists by their keys, with the defaults of keys, and atomic lists not at all", () => {
    const api = server(deployments);
    const ports = [{ containerPort: 80 }, { containerPort: 53, protocol: "UDP" }];
    api.apply(
      "kube",
      deployment(podSpec({ name: "a", image: "a:1", ports, args: ["1", "2"], env: [{ name: "X", value: "1" }] })),
    );
    api.apply(
      "side",
      deployment(podSpec({ name: "side", image: "s" }, { name: "a", env: [{ name: "Z", value: "9" }] })),
    );
    const names = api.get().spec.template.spec.containers.map(({ name }: { name: string }) => name);
    expect(names).toEqual(["side", "a"]);
    expect(fieldsOf(api.get()).kube).toMatchObject({
      "f:spec": {
        "f:template": {
          "f:spec": {
            "f:containers": {
              'k:{"name":"a"}': {
                ".": {},
                "f:args": {},
                "f:ports": {
                  'k:{"containerPort":53,"protocol":"UDP"}': { ".": {}, "f:containerPort": {}, "f:protocol": {} },
                  'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {} },
                },
              },
            },
          },
        },
      },
    });
    expect(() => api.apply("side", deployment(podSpec({ name: "a", args: ["1"] })))).toThrow(
      'conflict with "kube": .spec.template.spec.containers[name="a"].args',
    );
    api.apply("kube", deployment(podSpec({ name: "a", image: "a:1" })));
    expect(api.get().spec.template.spec.containers).toMatchObject([
      { name: "side" },
      { name: "a", env: [{ name: "Z" }] },
    ]);
    expect(api.get().spec.template.spec.containers[1]).not.toHaveProperty("args");
  });

  test("an apply that changes nothing keeps its time, one that does gets a new one", () => {
    const api = server(configMaps);
    api.apply("one", map({ x: "1" }));
    const time = () => api.get().metadata.managedFields?.[0]?.time;
    api.at(LATER).apply("one", map({ x: "1" }));
    expect(time()).toBe("2026-01-02T03:04:05Z");
    api.apply("one", map({ x: "2" }));
    expect(time()).toBe("2026-01-02T04:00:00Z");
  });

  test.each([
    [{ ...map({}), kind: "Secret" }, 400, "invalid object type: /v1, Kind=Secret"],
    [{ kind: "ConfigMap" }, 400, "invalid object type: /, Kind=ConfigMap"],
    [map({}, { managedFields: [{}] }), 400, "metadata.managedFields must be nil"],
    [
      { ...map({}), nonsense: 1 },
      500,
      "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .nonsense: field not declared in schema",
    ],
    [
      map({ x: 1 }),
      500,
      "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .data.x: expected string, got &value.valueUnstructured{Value:1}",
    ],
    [
      map({ x: 1, y: true }),
      500,
      "failed to create typed patch object (/a; /v1, Kind=ConfigMap): errors:\n  .data.x: expected string, got &value.valueUnstructured{Value:1}\n  .data.y: expected string, got &value.valueUnstructured{Value:true}",
    ],
    [
      { ...map({}), data: [1] },
      500,
      "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .data: expected map, got &{[1]}",
    ],
  ])("refuses %j", (config, code, message) => {
    expect(() => server(configMaps).apply("m", config)).toThrow(expect.objectContaining({ code, message }));
  });

  test.each([
    [podSpec({ name: "q" }, { name: "q" }), '.spec.template.spec.containers: duplicate entries for key [name="q"]'],
    [
      podSpec({ name: "q", ports: [{ containerPort: 80 }, { containerPort: 80, protocol: "TCP" }] }),
      '.spec.template.spec.containers[name="q"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]',
    ],
    [{ replicas: "three" }, ".spec.replicas: expected numeric (int or float), got string"],
  ])("refuses the Deployment %j", (spec, message) => {
    const text = `failed to create typed patch object (/web; apps/v1, Kind=Deployment): ${message}`;
    expect(() => server(deployments).apply("m", deployment(spec))).toThrow(
      expect.objectContaining({ code: 500, reason: "", message: text }),
    );
  });

  test("kubectl takes over from its client-side apply without conflicts, and keeps the annotation up to date", () => {
    const lastApplied = `${JSON.stringify(map({ k: "1" }))}\n`;
    const api = server(configMaps);
    api.put("kubectl-client-side-apply", map({ k: "1", other: "1" }, { annotations: { [LAST_APPLIED]: lastApplied } }));
    expect(() => api.apply("kubectl", map({ k: "2", other: "2" }))).toThrow(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.other',
    );
    expect(() => api.apply("helm", map({ k: "2" }))).toThrow("1 conflict");
    const object = api.apply("kubectl", map({ k: "2" }));
    expect(object.metadata.annotations?.[LAST_APPLIED]).toBe(
      '{"apiVersion":"v1","data":{"k":"2"},"kind":"ConfigMap","metadata":{"name":"a"}}\n',
    );
    expect(fieldsOf(object)["kubectl-client-side-apply"]).toEqual({
      "f:data": { ".": {}, "f:other": {} },
      "f:metadata": { "f:annotations": { ".": {}, "f:kubectl.kubernetes.io/last-applied-configuration": {} } },
    });
  });
});

describe("writes that change nothing but times", () => {
  const live = server(configMaps).put("m", map({ x: "1" }));
  const touched = (data: object): KubeObject => ({
    ...decode(configMaps, map(data)),
    metadata: {
      ...live.metadata,
      managedFields: live.metadata.managedFields!.map((entry) => ({ ...entry, time: "later" })),
    },
  });

  test("get the old times back", () => {
    expect(keepTimesOfNoop(touched({ x: "1" }), live)).toEqual(live);
  });

  test("keep the new ones when anything else is new", () => {
    expect(keepTimesOfNoop(touched({ x: "2" }), live).metadata.managedFields?.[0]?.time).toBe("later");
    const other = touched({ x: "1" });
    other.metadata.managedFields![0]!.fieldsV1 = { "f:data": { "f:y": {} } };
    expect(keepTimesOfNoop(other, live).metadata.managedFields?.[0]?.time).toBe("later");
  });
});

const text: Schema = { type: "string" };
const field = (name: string, schema: Schema, more: Partial<Field> = {}): [string, Field] => [
  name,
  { name, schema, pointer: false, always: false, required: false, ...more },
];
const object = (...fields: [string, Field][]): Schema => ({ type: "object", fields: new Map(fields) });
const port = object(field("port", { type: "int64" }), field("protocol", text, { default: "TCP" }), field("name", text));
const sheetSpec = (ref: "atomic" | "granular") =>
  object(
    field("ports", { type: "list", listType: "map", listMapKeys: ["port", "protocol"], items: port }),
    field("tags", { type: "list", listType: "set", items: text }),
    field("args", { type: "list", items: text }),
    field("ref", { ...object(field("a", text), field("b", text)), mapType: ref }),
    field("free", { type: "object", fields: new Map(), preserveUnknownFields: true }),
  );
function sheets(version: string, ref: "atomic" | "granular", convert?: FieldManagement["convert"]): FieldManagement {
  const metadata = configMaps.schema.fields!.get("metadata")!;
  const schema = object(
    field("apiVersion", text),
    field("kind", text),
    ["metadata", metadata],
    field("spec", sheetSpec(ref)),
  );
  return {
    schema,
    group: "e.com",
    version,
    kind: "Sheet",
    resetFields: customResetFields(true, ""),
    ...(convert && { convert }),
  };
}

describe("custom resources", () => {
  const v1 = sheets("v1", "atomic");
  const sheet = (spec: object, version = "v1") => ({
    apiVersion: `e.com/${version}`,
    kind: "Sheet",
    metadata: { name: "s" },
    spec,
  });
  const apply = (
    management: FieldManagement,
    live: KubeObject | undefined,
    manager: string,
    config: Record<string, unknown>,
    force = false,
  ) => applyPatch(management, live, config, { manager, force, now: NOW }) as Anything;

  test("sets, keyed lists and atomic objects are owned each in its way", () => {
    let live = apply(
      v1,
      undefined,
      "one",
      sheet({ ports: [{ port: 80, name: "a" }], tags: ["x"], args: ["1"], ref: { a: "1" }, free: { p: { q: [1] } } }),
    );
    expect(fieldsOf(live)).toEqual({
      one: {
        "f:spec": {
          "f:args": {},
          "f:free": { "f:p": { ".": {}, "f:q": {} } },
          "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:name": {}, "f:port": {} } },
          "f:ref": {},
          "f:tags": { 'v:"x"': {} },
        },
      },
    });
    live = apply(v1, live, "two", sheet({ ports: [{ port: 81 }, { port: 80, protocol: "UDP" }], tags: ["y"] }));
    expect(live.spec.tags).toEqual(["x", "y"]);
    expect(live.spec.ports.map((p: { port: number }) => p.port)).toEqual([80, 81, 80]);
    expect(() => apply(v1, live, "two", sheet({ ref: { b: "2" } }))).toThrow('conflict with "one": .spec.ref');
    expect(() => apply(v1, live, "two", sheet({ ports: [{ port: 80, name: "b" }] }))).toThrow(
      'conflict with "one": .spec.ports[port=80,protocol="TCP"].name',
    );
    live = apply(v1, live, "two", sheet({}));
    expect(live.spec).toMatchObject({ tags: ["x"], ports: [{ port: 80, name: "a" }] });
    expect(fieldsOf(live).two).toEqual({ "f:spec": {} });
  });

  test.each([
    [{ tags: ["q", "q"] }, '.spec.tags: duplicate entries for key [="q"]'],
    [{ tags: [null] }, ".spec.tags: element 0: associative list without keys has an element that's an explicit null"],
    [{ ports: [1] }, ".spec.ports: element 0: associative list with keys may not have non-map elements"],
    [{ ref: { a: true } }, ".spec.ref.a: expected string, got &value.valueUnstructured{Value:true}"],
  ])("refuses %j", (spec, message) => {
    expect(() => apply(v1, undefined, "m", sheet(spec))).toThrow(`(/s; e.com/v1, Kind=Sheet): ${message}`);
  });

  test("an object that has become atomic since is owned as one", () => {
    const live = apply(sheets("v1", "granular"), undefined, "one", sheet({ ref: { a: "1" } }));
    expect(fieldsOf(live).one).toEqual({ "f:spec": { "f:ref": { "f:a": {} } } });
    const now = applyUpdate(v1, { ...live, metadata: { ...live.metadata, uid: "1" } }, live, {
      manager: "m",
      now: NOW,
    });
    expect(fieldsOf(now).one).toEqual({ "f:spec": { "f:ref": {} } });
  });

  test("managers of other versions are compared in theirs, those of versions that are gone are dropped", () => {
    const v2 = sheets("v2", "atomic", (from, apiVersion) =>
      ["e.com/v1", "e.com/v2"].includes(apiVersion)
        ? { object: { ...from, apiVersion }, schema: v1.schema }
        : undefined,
    );
    const live = apply(v1, undefined, "one", sheet({ args: ["1"], tags: ["x"] }));
    const gone = { ...live.metadata.managedFields![0]!, manager: "gone", apiVersion: "e.com/v0" };
    const old = {
      ...live,
      apiVersion: "e.com/v2",
      metadata: { ...live.metadata, managedFields: [...live.metadata.managedFields!, gone] },
    };
    expect(() => apply(v2, old, "two", sheet({ args: ["2"] }, "v2"))).toThrow('conflict with "one": .spec.args');
    const moved = apply(v2, old, "one", sheet({ tags: ["x"] }, "v2"));
    expect(moved.spec).toEqual({ tags: ["x"] });
    expect(moved.metadata.managedFields).toMatchObject([{ manager: "one", apiVersion: "e.com/v2" }]);
  });

  const word = fc.constantFrom("a", "b", "c");
  const specs = fc.record(
    {
      ports: fc.uniqueArray(fc.record({ port: fc.integer({ min: 1, max: 4 }), name: word }), {
        selector: (p) => p.port,
        maxLength: 3,
      }),
      tags: fc.uniqueArray(word, { maxLength: 3 }),
      args: fc.array(word, { maxLength: 2 }),
      ref: fc.record({ a: word, b: word }, { requiredKeys: [] }),
      free: fc.dictionary(word, fc.oneof(word, fc.dictionary(word, word, { maxKeys: 2 })), { maxKeys: 3 }),
    },
    { requiredKeys: [] },
  );

  test("applying the same twice changes nothing", () => {
    fc.assert(
      fc.property(specs, specs, (first, second) => {
        const live = apply(v1, undefined, "one", sheet(first));
        const once = apply(v1, live, "two", sheet(second), true);
        expect(apply(v1, once, "two", sheet(second), true)).toEqual(once);
      }),
    );
  });

  test("applying nothing afterwards takes away what was applied, and nothing of others", () => {
    fc.assert(
      fc.property(specs, specs, (first, second) => {
        const live = apply(v1, undefined, "one", sheet(first));
        const merged = apply(v1, live, "two", sheet(second), true);
        const without = apply(v1, merged, "two", { apiVersion: "e.com/v1", kind: "Sheet", metadata: { name: "s" } });
        const owned = fieldsOf(without);
        expect(owned).not.toHaveProperty("two");
        // What is left is what the other still owns, and applying just that again is no conflict.
        expect(owned.one).toEqual(fieldsOf(merged).one);
        // Upstream does not count an empty keyed list or set as owned, so it stays.
        fc.pre(second.ports?.length !== 0 && second.tags?.length !== 0);
        const alone = apply(v1, undefined, "two", sheet(second));
        const empty = apply(v1, alone, "two", { apiVersion: "e.com/v1", kind: "Sheet", metadata: { name: "s" } });
        expect(empty.spec).toBeUndefined();
      }),
    );
  });

  test("an update owns exactly what it changed", () => {
    const differs = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b);
    fc.assert(
      fc.property(specs, specs, (first, { args, tags }) => {
        const created = applyUpdate(v1, undefined, sheet(first) as KubeObject, { manager: "one", now: NOW });
        const live = { ...created, metadata: { ...created.metadata, uid: "1" } };
        const spec = JSON.parse(JSON.stringify({ ...first, args, tags })); // drops what is undefined
        const next = { ...stripManagedFields(live), spec } as KubeObject;
        const added = (tags ?? []).filter((tag) => !first.tags?.includes(tag)).sort();
        const ownTags = Object.fromEntries([
          ...(first.tags === undefined && added.length > 0 ? [["." as string, {}]] : []),
          ...added.map((tag) => [`v:"${tag}"`, {}]),
        ]);
        const expected = {
          ...(args && differs(args, first.args) && { "f:args": {} }),
          ...(tags && (added.length > 0 || first.tags === undefined) && { "f:tags": ownTags }),
        };
        const { one, two } = fieldsOf(applyUpdate(v1, live, next, { manager: "two", now: NOW }));
        expect(two).toEqual(Object.keys(expected).length > 0 ? { "f:spec": expected } : undefined);
        // The first keeps the rest, and never what the second took or removed.
        const mine = (one?.["f:spec"] ?? {}) as Record<string, unknown>;
        expect("f:args" in mine).toBe(first.args !== undefined && !differs(args, first.args));
        expect("f:ref" in mine).toBe(first.ref !== undefined);
      }),
    );
  });
});
