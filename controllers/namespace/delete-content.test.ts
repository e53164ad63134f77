import { expect, test } from "vitest";
import type { ApiObject, Client } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { namespaceConditions } from "./conditions.ts";
import { deleteContent } from "./delete-content.ts";

/** A server with Pods and ConfigMaps, of which some stay whatever is deleted. */
function server(left: Partial<Record<string, ApiObject[]>>) {
  const deleted: string[] = [];
  const listed: string[] = [];
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
    list: async (name: string, { limit = 0 } = {}) => {
      const all = left[name] ?? [];
      listed.push(limit ? `${limit} of ${name}` : name);
      if (!limit || all.length <= limit) return { metadata: {}, items: all };
      return { metadata: { remainingItemCount: all.length - limit }, items: all.slice(0, limit) };
    },
    deleteCollection: async (name: string) => void deleted.push(name),
  };
  return { client: client as unknown as Client, deleted, listed };
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
  const leaving = { namespace: "ns", ageSeconds: 0, knownPods: () => [] };
  const { findings, estimateSeconds } = await deleteContent(client, leaving);
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

const gone = (name: string) => ({ ...pod, metadata: { name, ...leaving } });

test.each([
  ["are as many as there are", [gone("a"), gone("b")], ["1 of v1/pods"], []],
  ["are more, since some have just gone", [gone("a"), gone("b"), gone("c")], ["1 of v1/pods"], []],
  ["are fewer", [gone("a")], ["1 of v1/pods", "v1/pods"], []],
  ["are not all on their way", [gone("a"), pod], ["1 of v1/pods", "1 of v1/pods"], ["v1/pods"]],
])("Pods are read only when needed: those known %s", async (_what, known, reads, deletes) => {
  const { client, deleted, listed } = server({ "v1/pods": [gone("a"), gone("b")] });
  const knownPods = () => known as unknown as Pod[]; // as much of them as is looked at
  const { findings, estimateSeconds } = await deleteContent(client, { namespace: "ns", ageSeconds: 40, knownPods });
  expect({ listed, deleted }).toEqual({ listed: reads, deleted: deletes });
  expect(estimateSeconds).toBe(0);
  expect(findings.contentErrors).toEqual([
    "unexpected items still remain in namespace: ns for gvr: /v1, Resource=pods",
  ]);
});
