import fc from "fast-check";
import { expect, test } from "vitest";
import { schemaOf } from "../../openapi/types.ts";
import type { Members } from "./members.ts";
import { parseStrategicMergePatch, strategicMergePatch } from "./strategic-merge-patch.ts";

const podSpec = schemaOf("io.k8s.api.core.v1.PodSpec");
const objectMeta = schemaOf("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
const deploymentSpec = schemaOf("io.k8s.api.apps.v1.DeploymentSpec");
const named = (...names: string[]) => names.map((name) => ({ name }));

test.each<[string, Members, Members, Members]>([
  [
    "an element is found by its key",
    { containers: [{ name: "a", image: "1" }, { name: "b" }] },
    { containers: [{ name: "a", image: "2" }] },
    { containers: [{ name: "a", image: "2" }, { name: "b" }] },
  ],
  [
    "a new element goes first",
    { containers: named("a", "b") },
    { containers: named("c") },
    { containers: named("c", "a", "b") },
  ],
  [
    "a new element after a known one stays there",
    { containers: named("a", "b") },
    { containers: named("a", "c") },
    { containers: named("a", "c", "b") },
  ],
  [
    "$patch: delete of an element",
    { containers: named("a", "b") },
    { containers: [{ name: "a", $patch: "delete" }] },
    { containers: named("b") },
  ],
  [
    "$patch: replace of a list",
    { containers: named("a", "b") },
    { containers: [{ $patch: "replace" }, { name: "n" }] },
    { containers: named("n") },
  ],
  [
    "$patch: replace of an object",
    { securityContext: { runAsUser: 1, fsGroup: 2 } },
    { securityContext: { $patch: "replace", fsGroup: 3 } },
    { securityContext: { fsGroup: 3 } },
  ],
  [
    "$patch: delete of a map",
    { nodeSelector: { a: "b" } },
    { nodeSelector: { $patch: "delete" } },
    { nodeSelector: {} },
  ],
  ["null drops", { nodeSelector: { a: "b" }, hostname: "h" }, { nodeSelector: null }, { hostname: "h" }],
  [
    "$retainKeys",
    { volumes: [{ name: "v", emptyDir: {} }] },
    { volumes: [{ name: "v", $retainKeys: ["name", "secret"], secret: { secretName: "s" } }] },
    { volumes: [{ name: "v", secret: { secretName: "s" } }] },
  ],
  [
    "$setElementOrder, where an element that it does not name stays before one that it followed",
    { containers: named("a", "b", "c") },
    { "$setElementOrder/containers": named("c", "n", "a"), containers: named("n") },
    { containers: named("b", "c", "n", "a") },
  ],
  [
    "$setElementOrder without a list",
    { containers: named("a", "b") },
    { "$setElementOrder/containers": named("b", "a") },
    { containers: named("b", "a") },
  ],
  [
    // Deleting and adding share one array upstream, so that "n" counts as if it had been live, and last.
    "$setElementOrder with a deletion and an addition",
    { containers: named("a", "b", "c") },
    {
      "$setElementOrder/containers": named("n", "c"),
      containers: [{ name: "n" }, { name: "a", $patch: "delete" }],
    },
    { containers: named("b", "n", "c") },
  ],
  [
    "an atomic list is replaced",
    { tolerations: [{ key: "a" }] },
    { tolerations: [{ key: "b" }] },
    { tolerations: [{ key: "b" }] },
  ],
  [
    "what is new loses nulls and directives",
    {},
    { securityContext: { fsGroup: null, runAsUser: 1, seLinuxOptions: { $patch: "delete" } } },
    { securityContext: { runAsUser: 1 } },
  ],
  ["another type is taken over", { containers: named("a") }, { containers: "a" }, { containers: "a" }],
])("%s", (_, original, patch, result) => {
  const before = JSON.stringify([original, patch]);
  expect(strategicMergePatch(original, patch, podSpec)).toEqual(result);
  expect(JSON.stringify([original, patch])).toBe(before);
});

test.each<[string, Members, string[]]>([
  ["a set is merged", { finalizers: ["c"] }, ["c", "a", "b"]],
  ["elements are deleted", { "$deleteFromPrimitiveList/finalizers": ["a"] }, ["b"]],
  ["a set is ordered", { "$setElementOrder/finalizers": ["b", "c", "a"], finalizers: ["c"] }, ["b", "c", "a"]],
])("finalizers: %s", (_, patch, finalizers) => {
  expect(strategicMergePatch({ finalizers: ["a", "b"] }, patch, objectMeta)).toEqual({ finalizers });
});

test("a strategy of retainKeys alone merges", () => {
  const original = { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } };
  const patch = { strategy: { $retainKeys: ["type"], type: "Recreate" } };
  expect(strategicMergePatch(original, patch, deploymentSpec)).toEqual({ strategy: { type: "Recreate" } });
});

test.each<[Members, number, string]>([
  [{ containers: [{ image: "x" }] }, 500, "map: map[image:x] does not contain declared merge key: name"],
  [
    { containers: [{ name: "a", $patch: "explode" }] },
    500,
    "unknown patch type: explode in map: map[$patch:explode name:a]",
  ],
  [{ $retainKeys: "x" }, 400, "invalid patch format of retainKeys"],
  [{ $retainKeys: [], hostname: "x" }, 400, "invalid patch format of retainKeys"],
  [{ "$deleteFromPrimitiveList.containers": [] }, 400, "invalid patch format of primitive list"],
  [{ "$setElementOrder.containers": [] }, 400, "invalid patch format of setElementOrder list"],
  [
    { "$setElementOrder/nonsense": [] },
    500,
    'unable to find api field in struct PodSpec for the json field "nonsense"',
  ],
  [
    { "$setElementOrder/containers": named("b"), containers: named("c") },
    500,
    "The order in patch list:\n[map[name:c]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
  ],
  [{ "$setElementOrder/containers": ["a"] }, 500, "value for key 0 is not a map"],
  [{ containers: "a", "$setElementOrder/containers": [] }, 500, "expected a []interface {}, but received a string"],
  [{ containers: ["a"] }, 500, "list element types are not identical: [[map[name:a]] [a]]"],
  [{ containers: [[]] }, 500, "list element types are not identical: [[map[name:a]] [[]]]"],
])("%j answers %d: %s", (patch, code, message) => {
  const error = expect.objectContaining({ code, message });
  expect(() => strategicMergePatch({ containers: named("a") }, patch, podSpec)).toThrow(error);
});

test("the body is an object, or null for no change", () => {
  expect(parseStrategicMergePatch(null)).toEqual({});
  const message = "json: cannot unmarshal array into Go value of type map[string]interface {}";
  expect(() => parseStrategicMergePatch([])).toThrow(expect.objectContaining({ code: 400, message }));
});

test("a server error of a patch has no reason", () => {
  try {
    strategicMergePatch({ containers: named("a") }, { containers: [{}] }, podSpec);
    expect.unreachable();
  } catch (error) {
    expect(error).toHaveProperty("toStatus");
    const { toStatus } = error as { toStatus(): unknown }; // just checked
    expect(Object.keys(toStatus.call(error) as object)).toEqual([
      "kind",
      "apiVersion",
      "metadata",
      "status",
      "message",
      "code",
    ]);
  }
});

const names = fc.uniqueArray(fc.constantFrom<string>("a", "b", "c", "d", "e"));

test("a list ends with what was there and what the patch adds, less what it deletes, in the order of the patch", () => {
  fc.assert(
    fc.property(names, names, names, (live, added, deleted) => {
      const doomed = deleted.filter((name) => !added.includes(name));
      const elements = [...named(...added), ...doomed.map((name) => ({ name, $patch: "delete" }))];
      if (!elements.length) return;
      const original = live.length ? { containers: named(...live) } : {};
      const patched = strategicMergePatch(original, { containers: elements }, podSpec);
      const result = (patched.containers as { name: string }[]).map(({ name }) => name); // what the patch made
      const kept = live.filter((name) => !doomed.includes(name));
      expect(result.toSorted()).toEqual([...new Set([...kept, ...added])].sort());
      expect(result.filter((name) => added.includes(name))).toEqual(added);
      expect(result.filter((name) => !added.includes(name))).toEqual(kept.filter((name) => !added.includes(name)));
    }),
  );
});
