import { describe, expect, test } from "vitest";
import type { ManagedFieldsEntry } from "../object.ts";
import { managersOfParent, managersOfScale, REPLICAS_PATHS } from "./scale-handler.ts";

const replicas = REPLICAS_PATHS["apps/deployments"]!;
const time = "2026-01-01T00:00:00Z";
const entry = (
  manager: string,
  operation: "Apply" | "Update",
  fieldsV1: object,
  more: object = {},
): ManagedFieldsEntry => ({
  manager,
  operation,
  apiVersion: "apps/v1",
  time,
  fieldsType: "FieldsV1",
  fieldsV1: { ...fieldsV1 },
  ...more,
});
const SPEC_REPLICAS = { "f:spec": { "f:replicas": {} } };
const kube = entry("kube", "Apply", { "f:spec": { "f:paused": {}, "f:replicas": {} } });
const status = entry("status", "Update", { "f:status": {} });

describe("the managers of a Scale", () => {
  test("are those that own replicas, in the version of Scale", () => {
    expect(managersOfScale([kube, status], replicas)).toEqual([
      { ...kube, apiVersion: "autoscaling/v1", fieldsV1: SPEC_REPLICAS },
    ]);
  });

  test("give replicas back to the parent's managers when nobody took them", () => {
    expect(managersOfParent([kube, status], managersOfScale([kube, status], replicas), replicas, "apps/v1")).toEqual([
      kube,
      status,
    ]);
  });

  test("take replicas from the parent's managers, without a time of their own", () => {
    const scaler = entry("scaler", "Update", SPEC_REPLICAS, { apiVersion: "autoscaling/v1", subresource: "scale" });
    const { time: _, ...timeless } = scaler;
    expect(managersOfParent([kube, status], [scaler], replicas, "apps/v1")).toEqual([
      { ...kube, fieldsV1: { "f:spec": { "f:paused": {} } } },
      { ...timeless, apiVersion: "apps/v1" },
      status,
    ]);
  });

  test("drop managers of versions that nobody serves", () => {
    expect(managersOfParent([{ ...kube, apiVersion: "extensions/v1" }], [], replicas, "apps/v1")).toBeUndefined();
  });
});
