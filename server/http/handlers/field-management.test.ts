import { expect, test } from "vitest";
import { applyPatch } from "../../meta/managed-fields/apply-patch.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Kind } from "../../registry/kind.ts";
import { builtInKinds } from "../../registry/kinds.ts";
import { managementOf } from "./field-management.ts";

const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "d" };
const memory = {
  type: "Resource",
  resource: { name: "memory", target: { type: "Utilization", averageUtilization: 51 } },
};
const kindOf = (version: string) =>
  builtInKinds().find(({ plural, version: served }) => plural === "horizontalpodautoscalers" && served === version)!;

/** Applies to what is stored, in a version, and stores the result. */
function apply(version: string, stored: KubeObject | undefined, labels: object, spec: object): KubeObject {
  const kind = kindOf(version);
  const live = stored && (kind.convert?.fromStorage(structuredClone(stored)) ?? stored);
  const apiVersion = `autoscaling/${version}`;
  const config = { apiVersion, kind: kind.kind, metadata: { name: "h", labels }, spec };
  const { group, schema } = kind;
  const management = managementOf(kind, "", { group, version, kind: kind.kind, schema } as never);
  const applied = applyPatch(management, live, config, { manager: "m", force: false, now: new Date() });
  applied.metadata.uid = "u";
  return kind.convert?.toStorage(applied) ?? applied;
}

test("who applies in another version than before takes back what is left out, and keeps what is not", () => {
  const first = apply(
    "v1",
    undefined,
    { a: "b" },
    { scaleTargetRef, maxReplicas: 2, targetCPUUtilizationPercentage: 50 },
  );
  const second = apply("v2", first, { m: "2" }, { scaleTargetRef, maxReplicas: 1, metrics: [memory] });
  expect(second).toMatchObject({ metadata: { labels: { m: "2" } }, spec: { maxReplicas: 1, metrics: [memory] } });
  expect(second.metadata.annotations).toBeUndefined();
  const third = apply("v1", second, {}, { scaleTargetRef, maxReplicas: 2 });
  // Nobody took the metrics from v2 away: v1 does not know them.
  expect(third).toMatchObject({ spec: { maxReplicas: 2, metrics: [memory] } });
  expect(third.metadata.managedFields).toMatchObject([
    { manager: "m", operation: "Apply", apiVersion: "autoscaling/v1" },
  ]);
});

test("who wrote by way of another group is forgotten", () => {
  const [core, other] = ["", "events.k8s.io"].map(
    (group) => builtInKinds().find((each) => each.kind === "Event" && each.group === group)!,
  );
  const now = new Date();
  const applied = (of: Kind, live: KubeObject | undefined, apiVersion: string, manager: string) => {
    const { group, version, kind, schema } = of;
    const config = { apiVersion, kind, metadata: { name: "e", labels: { a: "b" } } };
    const management = managementOf(of, "", { group, version, kind, schema } as never);
    return applyPatch(management, live, config, { manager, force: false, now });
  };
  const first = applied(core!, undefined, "v1", "m");
  const live = other!.convert!.fromStorage({ ...first, metadata: { ...first.metadata, uid: "u" } });
  const second = applied(other!, live, "events.k8s.io/v1", "n");
  expect(second.metadata.managedFields?.map(({ manager }) => manager)).toEqual(["n"]);
});
