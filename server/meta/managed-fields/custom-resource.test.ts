import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Field, Schema } from "../../../openapi/schema.ts";
import { schemaForKind } from "../../../openapi/types.ts";
import type { KubeObject } from "../object.ts";
import { applyPatch } from "./apply-patch.ts";
import { applyUpdate, type FieldManagement, stripManagedFields } from "./manager.ts";
import { customResetFields } from "./reset-fields.ts";

const NOW = new Date("2026-01-02T03:04:05.678Z");

// biome-ignore lint/suspicious/noExplicitAny: custom resources are looked at member by member
type Anything = KubeObject & { [field: string]: any };
const fieldsOf = (object: KubeObject) =>
  Object.fromEntries((object.metadata.managedFields ?? []).map(({ manager, fieldsV1 }) => [manager, fieldsV1]));

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
  const metadata = schemaForKind("", "v1", "ConfigMap")!.fields!.get("metadata")!;
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
    mayNotFit: true,
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

  test.each([
    [{ args: ["1"] }, true],
    [{ args: [1] }, false],
    [{ ref: "a" }, false],
    [{ free: { a: 1 } }, true],
  ])("who writes the spec %j owns something: %s", (spec, owned) => {
    const written = applyUpdate(v1, undefined, sheet(spec) as unknown as KubeObject, { manager: "m", now: NOW });
    expect(written.metadata.managedFields !== undefined).toBe(owned);
  });

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

  test("refuses fields that no schema names, at the root as below it", () => {
    const config = { ...sheet({}), nonsense: "x" };
    expect(() => apply(v1, undefined, "one", config)).toThrow(".nonsense: field not declared in schema");
    expect(() => apply(v1, undefined, "one", sheet({ nonsense: 1 }))).toThrow(
      ".spec.nonsense: field not declared in schema",
    );
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
