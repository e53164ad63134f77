import { expect, test } from "vitest";
import type { FlowSchema, PriorityLevelConfiguration } from "../../openapi/api/flowcontrol.apiserver.k8s.io.v1.ts";
import { deepCopy } from "../meta/equality.ts";
import { flowControlSeeds } from "../registry/bootstrap/bootstrap.ts";
import { plant } from "../registry/bootstrap/seed.ts";
import { PLAIN, scope, storeOf, testRegistry } from "../registry/generic/test-registry.ts";
import { TestClock } from "../storage/test-clock.ts";
import { keepFlowControlObjects } from "./flow-control-objects.ts";

const GROUP = "flowcontrol.apiserver.k8s.io";
const AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec";
const NOW = new Date("2026-01-01T00:00:00Z");

async function setUp() {
  const registry = await testRegistry();
  for (const { group, resource, seeds } of flowControlSeeds(NOW)) {
    for (const seed of seeds) await plant(registry.contextOf({ group, resource }), seed, scope());
  }
  const clock = new TestClock();
  const errors: unknown[] = [];
  keepFlowControlObjects({
    reader: registry.reader,
    clock,
    contextOf: (resource) => registry.contextOf(resource),
    storeOf: (resource) => registry.storeOf(resource),
    now: () => NOW,
    onError: (error) => errors.push(error),
  });
  const schemas = storeOf(registry, "flowschemas", GROUP);
  const levels = storeOf(registry, "prioritylevelconfigurations", GROUP);
  const schema = (name: string) => registry.reader.get<FlowSchema>({ group: GROUP, resource: "flowschemas" }, "", name);
  const level = (name: string) =>
    registry.reader.get<PriorityLevelConfiguration>(
      { group: GROUP, resource: "prioritylevelconfigurations" },
      "",
      name,
    );
  const change = (name: string, edit: (object: FlowSchema) => void) => {
    const edited = (found: unknown) => {
      const copy = deepCopy(found) as FlowSchema; // of this resource
      edit(copy);
      return copy as FlowSchema & { metadata: object };
    };
    return schemas.update("", name, "", edited, PLAIN, scope());
  };
  const minute = async () => {
    clock.advance(60_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(errors).toEqual([]);
  };
  return { registry, schemas, levels, schema, level, change, minute };
}

test("what is deleted comes back, and nothing else is written", async () => {
  const { registry, schemas, levels, schema, level, minute } = await setUp();
  const { storage } = registry.contextOf({ group: GROUP, resource: "flowschemas" });
  const { revision } = storage;
  await minute();
  expect(storage.revision).toBe(revision);
  await schemas.delete("", "probes", {}, scope());
  await levels.delete("", "catch-all", {}, scope());
  await minute();
  expect(schema("probes")?.spec.matchingPrecedence).toBe(2);
  expect(level("catch-all")?.spec.limited?.nominalConcurrencyShares).toBe(5);
  expect(schema("probes")?.metadata.managedFields?.find(({ operation }) => operation === "Update")?.manager).toBe(
    "api-priority-and-fairness-config-producer-v1",
  );
});

test("changed specs are put back where the annotation says so", async () => {
  const { schema, change, minute } = await setUp();
  await change("probes", ({ spec }) => {
    spec.matchingPrecedence = 77;
  });
  await minute();
  expect([schema("probes")?.spec.matchingPrecedence, schema("probes")?.metadata.generation]).toEqual([2, 3]);
  await change("probes", ({ spec, metadata }) => {
    spec.matchingPrecedence = 77;
    metadata.annotations = { [AUTO_UPDATE]: "false" };
  });
  await minute();
  expect(schema("probes")?.spec.matchingPrecedence).toBe(77);
});

test("without the annotation a change of the spec takes the object over", async () => {
  const { schema, change, minute } = await setUp();
  await change("probes", ({ metadata }) => {
    metadata.annotations = {};
  });
  await change("system-nodes", ({ metadata, spec }) => {
    metadata.annotations = {};
    spec.matchingPrecedence = 77;
  });
  await change("exempt", ({ metadata }) => {
    metadata.annotations = { [AUTO_UPDATE]: "false" };
  });
  await minute();
  const annotation = (name: string) => schema(name)?.metadata.annotations?.[AUTO_UPDATE];
  expect([annotation("probes"), annotation("system-nodes"), annotation("exempt")]).toEqual(["true", "false", "true"]);
  expect(schema("system-nodes")?.spec.matchingPrecedence).toBe(77);
});

test("what the server once had goes, what users have stays", async () => {
  const { schemas, schema, minute } = await setUp();
  const own = (name: string, annotations: Record<string, string>) => {
    const { status: _, ...probes } = deepCopy(schema("probes")!) as FlowSchema; // a copy to change
    return schemas.create(
      "",
      { ...probes, metadata: { name, annotations } } as FlowSchema & { metadata: object },
      scope(),
    );
  };
  await own("left-over", { [AUTO_UPDATE]: "true" });
  await own("taken-over", { [AUTO_UPDATE]: "false" });
  await own("ours", {});
  await minute();
  expect([schema("left-over"), schema("taken-over"), schema("ours")].map(Boolean)).toEqual([false, true, true]);
});
