import { expect, test } from "vitest";
import type { ApiObject, Client } from "../../client/index.ts";
import { namespaceConditions } from "./conditions.ts";
import { deleteContent } from "./delete-content.ts";

/** A server with Pods and ConfigMaps, of which some stay whatever is deleted. */
function server(left: Partial<Record<string, ApiObject[]>>) {
  const deleted: string[] = [];
  const resource = (name: string, kind: string) => ({
    resource: name,
    responseKind: { kind },
    scope: "Namespaced",
    verbs: ["delete", "deletecollection", "list"],
  });
  const core = { version: "v1", resources: [resource("configmaps", "ConfigMap"), resource("pods", "Pod")] };
  const client = {
    transport: {
      request: async ({ path }: { path: string }) => ({
        kind: "APIGroupDiscoveryList",
        items: path === "/api" ? [{ metadata: { name: "" }, versions: [core] }] : [],
      }),
    },
    list: async (name: string) => ({ items: left[name] ?? [] }),
    deleteCollection: async (name: string) => void deleted.push(name),
  };
  return { client: client as unknown as Client, deleted };
}

const leaving = { deletionTimestamp: "2026-01-01T00:00:30Z" };
const pod = { metadata: { name: "p" }, spec: { terminationGracePeriodSeconds: 30 }, status: { phase: "Running" } };
const stuck = { metadata: { name: "c", finalizers: ["example.com/x"] } };

test.each([
  {
    what: "while Pods are left the rest is left alone, and nothing is said of what remains",
    left: { "v1/pods": [pod], "v1/configmaps": [stuck] },
    deleted: ["v1/pods"],
    seconds: 30,
    remaining: "ContentRemoved",
    finalizers: "ContentHasNoFinalizers",
  },
  {
    what: "Pods that are on their way are not deleted again",
    left: { "v1/pods": [{ ...pod, metadata: { name: "p", ...leaving } }], "v1/configmaps": [stuck] },
    deleted: [],
    seconds: 30,
    remaining: "ContentRemoved",
    finalizers: "ContentHasNoFinalizers",
  },
  {
    what: "without Pods the rest is deleted, and told of when it stays",
    left: { "v1/configmaps": [stuck] },
    deleted: ["v1/configmaps"],
    seconds: 15,
    remaining: "SomeResourcesRemain",
    finalizers: "SomeFinalizersRemain",
  },
])("$what", async ({ left, deleted, seconds, remaining, finalizers }) => {
  const { client, deleted: done } = server(left);
  const { findings, estimateSeconds } = await deleteContent(client, "ns", 0);
  expect(done).toEqual(deleted);
  expect(estimateSeconds).toBe(seconds);
  expect(namespaceConditions(undefined, findings, new Date(0)).map(({ reason }) => reason)).toEqual([
    "ResourcesDiscovered",
    "ParsedGroupVersions",
    "ContentDeleted",
    remaining,
    finalizers,
  ]);
});
