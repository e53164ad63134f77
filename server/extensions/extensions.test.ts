import { expect, test } from "vitest";
import { deepCopy } from "../meta/equality.ts";
import type { KubeObject, UnstructuredObject } from "../meta/object.ts";
import type { AdmissionChain } from "../registry/generic/environment.ts";
import { listRequest, PLAIN, scope } from "../registry/generic/test-registry.ts";
import type { WatchEvent } from "../registry/store.ts";
import { definition, GROUP, NAME, reviewed, type Spec, server, version, widget } from "./test-extensions.ts";

test("a definition is established, serves its kind, and is gone with its objects", async () => {
  const { registry, definitions, define, read, conditions, widgets } = await server();
  await define(definition());
  await expect
    .poll(() => conditions())
    .toEqual({
      NamesAccepted: "True NoConflicts",
      Established: "True InitialNamesAccepted",
    });
  const finalizers = ["example.com/hold"];
  await widgets().create("a", widget({ size: "S" }, { finalizers }), scope());
  const store = widgets();
  const events: WatchEvent[] = [];
  let ended = false;
  const request = { ...listRequest(), allowWatchBookmarks: false, sendInitialEvents: undefined };
  await store.watch(request, {
    send: (event) => events.push(event) > 0,
    end: () => {
      ended = true;
    },
  });
  await definitions.delete("", NAME, {}, scope());
  await expect.poll(() => conditions().Terminating).toBe("True InstanceDeletionInProgress");
  await expect(widgets().create("a", widget({}, { name: "late" }), scope())).rejects.toMatchObject({ code: 403 });
  const release = (current: KubeObject | undefined) => {
    const next = deepCopy(current!);
    delete next.metadata.finalizers;
    return next;
  };
  await widgets().update("a", "w", "", release, PLAIN, scope());
  await expect.poll(() => read()).toBeUndefined();
  await expect.poll(() => registry.lookup(GROUP, "v1", "widgets")).toBeUndefined();
  expect(events.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
  expect(ended).toBe(true);
});

test("names are first come, first served, and free again with their definition", async () => {
  const { definitions, define, conditions } = await server();
  await define(definition());
  await define(definition({}, "gadgets", "Widget"));
  const gadgets = `gadgets.${GROUP}`;
  expect(conditions(gadgets)).toMatchObject({
    NamesAccepted: "False ListKindConflict",
    Established: "False NotAccepted",
  });
  await definitions.delete("", NAME, {}, scope());
  await expect.poll(() => conditions(gadgets)).toMatchObject({ NamesAccepted: "True NoConflicts" });
});

test.each([
  [
    { size: 1 },
    'Widget.demo.example.com "w" is invalid: spec.size: Invalid value: "integer": spec.size in body must be of type string: "integer"',
  ],
  [
    "text",
    'Widget.demo.example.com "w" is invalid: spec: Invalid value: "string": spec in body must be of type object: "string"',
  ],
])("an object with the spec %j is refused", async (spec, message) => {
  const { define, widgets } = await server();
  await define(definition());
  await expect(widgets().create("a", widget(spec as object), scope())).rejects.toMatchObject({ code: 422, message });
});

test("versions see each other's objects, each by its own schema", async () => {
  const { define, widgets } = await server();
  await define(definition({ versions: [version("v1", true, "one"), version("v2", false, "two")] as Spec["versions"] }));
  await widgets("v1").create("a", widget({ one: "1" }), scope());
  const seen = await widgets("v2").get("a", "w", "", scope());
  expect(seen.object).toMatchObject({ apiVersion: `${GROUP}/v2`, spec: {} });
  expect(JSON.parse(Buffer.from(seen.json).toString())).toEqual(seen.object);
});

test("an object has the defaults of the version it was stored in, whichever version asks", async () => {
  const withDefault = (name: string, storage: boolean, field: string) => {
    const spec = {
      type: "object",
      properties: { [field]: { type: "string", default: name }, both: { type: "string" } },
    };
    const openAPIV3Schema = { type: "object", properties: { spec } };
    return { name, served: true, storage, schema: { openAPIV3Schema } };
  };
  const versions = [withDefault("v1", true, "one"), withDefault("v2", false, "two")];
  const { define, widgets } = await server();
  await define(definition({ versions } as unknown as Partial<Spec>));
  const sent = widget({ both: "x" }, {}, `${GROUP}/v2`);
  const created = await widgets("v2").create("a", sent, scope());
  expect(created.object).toMatchObject({ spec: { both: "x" } });
  expect((created.object as UnstructuredObject).spec).not.toHaveProperty("two");
  expect((await widgets("v1").get("a", "w", "", scope())).object).toMatchObject({ spec: { both: "x", one: "v1" } });
  expect((await widgets("v2").get("a", "w", "", scope())).object).toHaveProperty("spec", { both: "x" });
});

const WEBHOOK = {
  conversion: {
    strategy: "Webhook",
    webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: "https://c.example.com" } },
  },
  versions: [version("v1", true, "one"), version("v2", false, "two")],
} as unknown as Partial<Spec>;

const swap = reviewed((object) => {
  const { one, two } = object.spec as { one?: string; two?: string };
  object.spec = object.apiVersion?.endsWith("v2") ? { two: one } : { one: two };
});

test("a webhook converts on the way in and out", async () => {
  const { define, widgets } = await server(swap);
  await define(definition(WEBHOOK));
  const created = await widgets("v2").create("a", widget({ two: "x" }, {}, `${GROUP}/v2`), scope());
  expect(created.object).toMatchObject({ apiVersion: `${GROUP}/v2`, spec: { two: "x" } });
  expect((await widgets("v1").get("a", "w", "", scope())).object).toMatchObject({ spec: { one: "x" } });
  const { items } = await widgets("v2").list(listRequest(), scope());
  expect(items.map(({ object }) => object)).toMatchObject([{ spec: { two: "x" } }]);
});

test("writes are admitted and checked in the version of the request, then converted", async () => {
  const seen: unknown[] = [];
  const hear: AdmissionChain["admit"] = async ({ operation, version, object, oldObject }) => {
    if (object?.kind === "Widget" || oldObject?.kind === "Widget")
      seen.push([operation, version, object?.apiVersion, oldObject?.apiVersion]);
  };
  const { define, widgets } = await server(swap, { admit: hear });
  const short = {
    type: "object",
    properties: { spec: { type: "object", properties: { two: { type: "string", maxLength: 1 } } } },
  };
  const versions = [version("v1", true, "one"), { ...version("v2", false), schema: { openAPIV3Schema: short } }];
  await define(definition({ ...WEBHOOK, versions } as unknown as Partial<Spec>));
  const [v1, v2] = [`${GROUP}/v1`, `${GROUP}/v2`];
  const long = widget({ two: "long" }, {}, v2);
  await expect(widgets("v2").create("a", long, scope())).rejects.toMatchObject({
    code: 422,
    details: { causes: [{ field: "spec.two" }] },
  });
  expect((await widgets("v2").create("a", widget({ two: "x" }, {}, v2), scope({ dryRun: true }))).object).toMatchObject(
    { apiVersion: v2, spec: { two: "x" } },
  );
  await widgets("v1").create("a", widget({ one: "long" }), scope());
  const change = (two: string) => async (current: KubeObject | undefined) => ({ ...current!, spec: { two } });
  await expect(widgets("v2").update("a", "w", "", change("longer"), PLAIN, scope())).rejects.toMatchObject({
    code: 422,
  });
  const { stored } = await widgets("v2").update("a", "w", "", change("y"), PLAIN, scope());
  expect(stored.object).toMatchObject({ apiVersion: v2, spec: { two: "y" } });
  expect((await widgets("v1").get("a", "w", "", scope())).object).toMatchObject({ apiVersion: v1, spec: { one: "y" } });
  const gone = await widgets("v2").delete("a", "w", {}, scope());
  expect(gone.stored.object).toMatchObject({ apiVersion: v2, spec: { two: "y" } });
  expect(seen).toEqual([
    ["CREATE", "v2", v2, undefined],
    ["CREATE", "v2", v2, undefined],
    ["CREATE", "v1", v1, undefined],
    ["UPDATE", "v2", v2, v2],
    ["UPDATE", "v2", v2, v2],
    ["DELETE", "v2", undefined, v2],
  ]);
});

test.each([
  [
    "changes the name",
    (object: UnstructuredObject) => {
      object.metadata = { ...object.metadata, name: "other" };
    },
    "must have the same name: w != other",
  ],
  [
    "changes the kind",
    (object: UnstructuredObject) => {
      object.kind = "Gadget";
    },
    "invalid kind (expected Widget, received Gadget)",
  ],
])("a webhook that %s is not believed", async (_, change, message) => {
  const { define, widgets } = await server(reviewed(change));
  await define(definition(WEBHOOK));
  await widgets("v1").create("a", widget({ one: "x" }), scope());
  const about = `conversion webhook for ${GROUP}/v1, Kind=Widget returned invalid object: ${message}`;
  await expect(widgets("v2").get("a", "w", "", scope())).rejects.toMatchObject({ code: 500, message: about });
});

test.each([
  [false, {}],
  [true, { size: null }],
])("a null that is no value, in what was sent (applied: %s), becomes %j", async (keepsNulls, spec) => {
  const { registry, define } = await server();
  await define(definition());
  await expect.poll(() => registry.lookup(GROUP, "v1", "widgets")).toBeDefined();
  const sent = widget({ size: null } as unknown as Spec) as KubeObject & { spec: object };
  registry.lookup(GROUP, "v1", "widgets")?.kind.customResource?.coerce(sent, false, { keepsNulls });
  expect(sent.spec).toEqual(spec);
});

test("a new object has the status that its schema makes of none", async () => {
  const { define, widgets, registry } = await server();
  const status = { type: "object", default: { ready: "no" }, properties: { ready: { type: "string" } } };
  const schema = { openAPIV3Schema: { type: "object", properties: { status } } };
  const versions = [{ name: "v1", served: true, storage: true, subresources: { status: {} }, schema }];
  await define(definition({ versions } as unknown as Partial<Spec>));
  await expect.poll(() => registry.lookup(GROUP, "v1", "widgets")).toBeDefined();
  const sent = { ...widget({}), status: { ready: "yes" } } as KubeObject;
  const stored = await widgets().create("a", sent, scope());
  expect(stored.object).toMatchObject({ status: { ready: "no" } });
});

test("wrong metadata is told three times in an update, as upstream checks it", async () => {
  const { define, widgets } = await server();
  await define(definition());
  await widgets().create("a", widget({}), scope());
  const spoil = (current: KubeObject | undefined) =>
    ({ ...current, metadata: { ...current?.metadata, labels: { "a b": "c" } } }) as KubeObject;
  const update = widgets().update("a", "w", "", spoil, PLAIN, scope());
  const cause = expect.objectContaining({ field: "metadata.labels" });
  await expect(update).rejects.toMatchObject({ code: 422, details: { causes: [cause, cause, cause] } });
});

test("rules are not looked at where metadata lacks something, and that is told", async () => {
  const { define, widgets, registry } = await server();
  const rule = { rule: "false", message: "never" };
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-validations": [rule] } };
  await define(
    definition({ versions: [{ name: "v1", served: true, storage: true, schema }] } as unknown as Partial<Spec>),
  );
  await expect.poll(() => registry.lookup(GROUP, "v1", "widgets")).toBeDefined();
  const refused = (metadata: KubeObject["metadata"]) =>
    widgets()
      .create("a", { ...widget({}), metadata } as KubeObject, scope())
      .catch((error) => error.details.causes.map(({ message }: { message: string }) => message));
  expect(await refused({ name: "w" })).toEqual(["Invalid value: never"]);
  expect(await refused({ name: "W" })).toEqual([expect.stringContaining('Invalid value: "W"'), "Invalid value: never"]);
  expect(await refused({})).toEqual([
    "Required value: name or generateName is required",
    expect.stringMatching(/^Invalid value: null: some validation rules were not checked/),
  ]);
});

test("replicas that cannot be looked up are told with their whole path", async () => {
  const { define, widgets, registry } = await server();
  const scale = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const versions = [{ name: "v1", served: true, storage: true, subresources: { scale }, schema }];
  await define(definition({ versions } as unknown as Partial<Spec>));
  await expect.poll(() => registry.lookup(GROUP, "v1", "widgets")).toBeDefined();
  const kind = registry.kinds.find(({ group }) => group === GROUP);
  const columns = kind?.subresources.get("scale")?.columns?.map(({ name }) => name);
  expect(columns).toEqual(["Name", "Desired", "Available", "Age"]);
  const problem = "is of the type bool, expected map[string]interface{}";
  await expect(widgets().create("a", { ...widget({}), spec: true } as unknown as KubeObject, scope())).rejects.toThrow(
    `.spec.replicas accessor error: true ${problem}`,
  );
});

test.each([
  [{ size: [] }, {}, 2],
  [{}, { size: [] }, 2],
  [{ size: [{}] }, { size: [{}] }, 1],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, 1],
])("a change of %j to %j makes generation %i: nothing of a custom resource counts as left out", async (...change) => {
  const [before, after, generation] = change;
  const { define, widgets, registry } = await server();
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  await define(
    definition({ versions: [{ name: "v1", served: true, storage: true, schema }] } as unknown as Partial<Spec>),
  );
  await expect.poll(() => registry.lookup(GROUP, "v1", "widgets")).toBeDefined();
  await widgets().create("a", { ...widget({}), spec: before } as unknown as KubeObject, scope());
  const update = (current: KubeObject | undefined) => ({ ...current, spec: after }) as unknown as KubeObject;
  const { stored } = await widgets().update("a", "w", "", update, PLAIN, scope());
  expect(stored.object.metadata.generation).toBe(generation);
});
