import { expect, test } from "vitest";
import type { Node } from "../openapi/api/core.v1.ts";
import { isMirror, mirrorOf, staticPod } from "./static-pods.ts";

const now = new Date("2026-01-01T00:00:00Z");
const text = `
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: c, image: busybox}]}
`;

test("a file's Pod has its node's name, and a uid of its content", () => {
  const pod = staticPod(text, "web.yaml", "node-a", now);
  expect(pod.metadata).toMatchObject({ name: "web-node-a", namespace: "default", labels: { app: "web" } });
  expect(pod.spec).toMatchObject({ nodeName: "node-a", tolerations: [{ operator: "Exists", effect: "NoExecute" }] });
  expect(staticPod(text, "web.yaml", "node-a", new Date()).metadata.uid).toBe(pod.metadata.uid);
  expect(staticPod(`${text} `, "web.yaml", "node-a", now).metadata.uid).not.toBe(pod.metadata.uid);
});

test("its mirror says whose it is", () => {
  const pod = staticPod(text, "web.yaml", "node-a", now);
  const mirror = mirrorOf(pod, { metadata: { name: "node-a", uid: "n1" } } as Node);
  expect(mirror.metadata).toMatchObject({
    name: "web-node-a",
    annotations: { "kubernetes.io/config.source": "file", "kubernetes.io/config.mirror": pod.metadata.uid },
    ownerReferences: [{ kind: "Node", name: "node-a", uid: "n1", controller: true }],
  });
  expect(mirror.metadata.uid).toBeUndefined();
  expect([isMirror(pod), isMirror(mirror)]).toEqual([false, true]);
});

test.each([
  ["apiVersion: apps/v1\nkind: Deployment", "apiVersion v1, kind Pod"],
  ["apiVersion: v1\nkind: Pod\nmetadata: {}", "name is needed"],
  ["apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}", "no containers"],
])("a file with %j is refused", (wrong, message) => {
  expect(() => staticPod(wrong, "a.yaml", "node-a", now)).toThrow(message);
});
