import { expect, test } from "vitest";
import type { Pod } from "../../../../openapi/api/core.v1.ts";
import type { KubeObject } from "../../../meta/object.ts";
import type { SubresourceCreate } from "../../kind.ts";
import { bind } from "./binding.ts";

const NODE = { kind: "Node", name: "n" };

/** @returns what is said, and the node the Pod then has */
async function outcome(metadata: object, target: object, spec: Pod["spec"] = {}, dryRun = false) {
  const pod = { metadata: { name: "p", namespace: "ns", uid: "1", resourceVersion: "7" }, spec, status: {} };
  const request = {
    ...{ namespace: "ns", name: "p", body: { metadata, target }, dryRun, context: { now: new Date(0) } },
    update: async (change: (current: KubeObject) => void) => change(pod as KubeObject),
  } as unknown as SubresourceCreate;
  const message = await bind(request).then(
    () => "",
    (error: Error) => error.message,
  );
  return { message, node: (pod.spec as { nodeName?: string }).nodeName };
}

const conflict = (what: string, wanted: string, actual: string) =>
  `Operation cannot be fulfilled on pods "p": StorageError: invalid object, Code: 4, Key: /registry/pods/ns/p, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${actual}`;

test.each([
  [{ name: "p" }, NODE, {}, { message: "", node: "n" }],
  [{ name: "q" }, NODE, {}, { message: "name in URL does not match name in Binding object", node: undefined }],
  [{ name: "p", uid: "2" }, NODE, {}, { message: conflict("UID", "2", "1"), node: undefined }],
  [{ name: "p", resourceVersion: "6" }, NODE, {}, { message: conflict("ResourceVersion", "6", "7"), node: undefined }],
  [
    { name: "p" },
    { kind: "Pod", name: "n" },
    {},
    { message: 'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"', node: undefined },
  ],
  [
    { name: "p" },
    NODE,
    { nodeName: "m" },
    { message: 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "m"', node: "m" },
  ],
])("binding with %j to %j a Pod with %j", async (metadata, target, spec, expected) => {
  expect(await outcome(metadata, target, spec)).toEqual(expected);
});

test("a rehearsed binding names the key without /registry", async () => {
  const { message } = await outcome({ name: "p", uid: "2" }, NODE, {}, true);
  expect(message).toBe(conflict("UID", "2", "1").replace("/registry/", "/"));
});
