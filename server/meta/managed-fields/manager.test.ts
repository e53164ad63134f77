import { describe, expect, test } from "vitest";
import { coerce } from "../../../openapi/decode.ts";
import { schemaForKind } from "../../../openapi/types.ts";
import type { KubeObject, ManagedFieldsEntry } from "../object.ts";
import { applyPatch } from "./apply-patch.ts";
import { LAST_APPLIED } from "./last-applied.ts";
import { admissionWarning, applyUpdate, type FieldManagement, fieldManagerName } from "./manager.ts";
import { keepTimesOfNoop } from "./no-op.ts";
import { resetFieldsOf } from "./reset-fields.ts";

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

  test("an empty list that is kept for validation only is nobody's when it is written, and somebody's when applied", () => {
    const policy = {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "p" },
      spec: { podSelector: {}, ingress: [], policyTypes: ["Ingress"] },
    };
    const policies = managementOf("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies");
    expect(fieldsOf(server(policies).put("m", policy)).m).toEqual({ "f:spec": { "f:policyTypes": {} } });
    expect(fieldsOf(server(policies).apply("m", policy)).m).toEqual({
      "f:spec": { "f:ingress": {}, "f:podSelector": {}, "f:policyTypes": {} },
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
