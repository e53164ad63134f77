import { expect, test } from "vitest";
import type { FlowSchema } from "../../openapi/api/flowcontrol.apiserver.k8s.io.v1.ts";
import type { KubeObject } from "../meta/object.ts";
import { scope, storeOf, testRegistry } from "../registry/generic/test-registry.ts";
import { objectWriter } from "../registry/writer.ts";
import { systemClock } from "../storage/clock.ts";
import { keepFlowSchemaStatus } from "./flow-schema-status.ts";

const GROUP = "flowcontrol.apiserver.k8s.io";
const KIND = { apiVersion: `${GROUP}/v1` };

test("a schema says whether its priority level is there, and since when", async () => {
  const registry = await testRegistry();
  let now = new Date("2026-01-01T00:00:00Z");
  const stop = keepFlowSchemaStatus({
    watch: registry.watch,
    reader: registry.reader,
    writer: objectWriter((resource) => registry.storeOf(resource), scope),
    clock: systemClock,
    now: () => now,
    onError: (error) => expect(error).toBeUndefined(),
  });
  const schemas = storeOf(registry, "flowschemas", GROUP);
  const levels = storeOf(registry, "prioritylevelconfigurations", GROUP);
  const spec = { priorityLevelConfiguration: { name: "gold" }, matchingPrecedence: 500 };
  await schemas.create("", { ...KIND, kind: "FlowSchema", metadata: { name: "a" }, spec } as KubeObject, scope());
  const told = () =>
    registry.reader.get<FlowSchema>({ group: GROUP, resource: "flowschemas" }, "", "a")?.status?.conditions;
  const reference = 'This FlowSchema references the PriorityLevelConfiguration object named "gold"';
  await expect.poll(told).toEqual([
    {
      type: "Dangling",
      status: "True",
      lastTransitionTime: "2026-01-01T00:00:00Z",
      reason: "NotFound",
      message: `${reference} but there is no such object`,
    },
  ]);
  now = new Date("2026-01-02T00:00:00Z");
  const limited = { limitResponse: { type: "Reject" } };
  const gold = { ...KIND, metadata: { name: "gold" }, spec: { type: "Limited", limited } };
  await levels.create("", { ...gold, kind: "PriorityLevelConfiguration" } as KubeObject, scope());
  await expect.poll(told).toEqual([
    {
      type: "Dangling",
      status: "False",
      lastTransitionTime: "2026-01-02T00:00:00Z",
      reason: "Found",
      message: `${reference} and it exists`,
    },
  ]);
  const { metadata } = registry.reader.get<FlowSchema>({ group: GROUP, resource: "flowschemas" }, "", "a") ?? {};
  expect(metadata?.managedFields?.find(({ subresource }) => subresource === "status")).toMatchObject({
    manager: "api-priority-and-fairness-config-consumer-v1",
    operation: "Apply",
  });
  stop();
});
