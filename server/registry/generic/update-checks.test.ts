import { expect, test } from "vitest";
import { StatusError } from "../../meta/errors.ts";
import type { KubeObject } from "../../meta/object.ts";
import { job } from "../batch/job.ts";
import { PLAIN, scope, storeOf, testRegistry } from "./test-registry.ts";

const LETTERS: Readonly<Record<string, string>> = {
  "metadata.labels": "L",
  "metadata.annotations": "A",
  "metadata.finalizers": "F",
  "metadata.finalizers[0]": "K",
};

/** Which causes an update of metadata that is wrong in every way ends in, one letter each. */
async function causesOf(group: string, resource: string, content: object, subresource: string): Promise<string> {
  const store = storeOf(await testRegistry(), resource, group);
  const object = { metadata: { name: "x" }, ...content } as KubeObject;
  await store.create("a", object, scope());
  const spoil = (current: KubeObject | undefined): KubeObject => {
    const bad = { "bad key!": "v" };
    const metadata = { ...current?.metadata, labels: bad, annotations: bad, finalizers: ["x y"] };
    return { ...current, metadata } as KubeObject;
  };
  try {
    await store.update("a", "x", subresource, spoil, PLAIN, scope());
    return "";
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const causes = error.details?.causes ?? [];
    return causes.map(({ field = "" }) => LETTERS[field] ?? `(${field})`).join("");
  }
}

// Upstream's generic update checks come first (LAF, LA); what follows is what each kind's own validation repeats.
test.each([
  ["", "configmaps", {}, "", "LAFLALAKLAFK"],
  ["", "secrets", { type: "Opaque" }, "", "LAFLALAKLAFK"],
  ["", "serviceaccounts", {}, "", "LAFLALAKLAFK"],
  ["", "limitranges", { spec: { limits: [] } }, "", "LAFLALAFK"],
  ["", "resourcequotas", { spec: { hard: {} } }, "", "LAFLALAK"],
  ["coordination.k8s.io", "leases", { spec: {} }, "", "LAFLALA"],
  ["resource.k8s.io", "resourceclaims", { spec: { devices: {} } }, "", "LAFLALAFKLAK"],
  ["policy", "poddisruptionbudgets", { spec: { minAvailable: 1, selector: {} } }, "", "LAFLA"],
  ["policy", "poddisruptionbudgets", { spec: { minAvailable: 1, selector: {} } }, "status", "LAFLA"],
  ["networking.k8s.io", "networkpolicies", { spec: { podSelector: {}, policyTypes: ["Ingress"] } }, "", "LAFLALAK"],
  ["discovery.k8s.io", "endpointslices", { addressType: "IPv4", endpoints: [], ports: [] }, "", "LAFLALAFK"],
])("%s/%s %j %s: an update with wrong metadata tells %s", async (group, resource, content, subresource, causes) => {
  expect(await causesOf(group, resource, content, subresource)).toBe(causes);
});

/** A Job as a client would send it, with its defaults. */
function jobOf(name: string, more: object, labels?: Record<string, string>): KubeObject {
  const spec = { containers: [{ name: "c", image: "i" }], restartPolicy: "Never" };
  const object = { metadata: { name }, spec: { ...more, template: { metadata: { labels }, spec } } };
  job.defaults?.(object as never);
  return object as KubeObject;
}

test("the first update of a Job that was given no labels is written: those it shows were not stored", async () => {
  const store = storeOf(await testRegistry(), "jobs", "batch");
  const nothing = (current: KubeObject | undefined) => ({ ...current }) as KubeObject;
  const revisions = async (object: KubeObject) => {
    const made = await store.create("a", object, scope());
    const first = await store.update("a", object.metadata.name ?? "", "", nothing, PLAIN, scope());
    const second = await store.update("a", object.metadata.name ?? "", "status", nothing, PLAIN, scope());
    return [made, first.stored, second.stored].map((stored) => stored.object.metadata.resourceVersion);
  };
  const [made, first, second] = await revisions(jobOf("without", {}));
  expect(first).not.toBe(made);
  expect(second).toBe(first);
  const labelled = await revisions(jobOf("with", {}, { a: "b" }));
  expect(new Set(labelled).size).toBe(1);
});

test("a Job is judged as if it were new before its changes are", async () => {
  const store = storeOf(await testRegistry(), "jobs", "batch");
  const labels = { a: "b" };
  const object = jobOf("x", { manualSelector: true, selector: { matchLabels: labels } }, labels);
  const spec = (object as never as { spec: object }).spec;
  await store.create("a", object, scope());
  const spoil = (current: KubeObject | undefined): KubeObject => {
    const metadata = { ...current?.metadata, finalizers: ["bad"] };
    return { ...current, metadata, spec: { ...spec, selector: undefined } } as KubeObject;
  };
  const error = await store.update("a", "x", "", spoil, PLAIN, scope()).catch((reason) => reason);
  const again = ["metadata.finalizers[0]", "spec.selector", "spec.template.metadata.labels"];
  const fields = error.details.causes.map(({ field }: { field: string }) => field);
  expect(fields).toEqual([...again, ...again, "spec.selector"]);
});

test("a kind that looks at metadata last takes any name that a path can have", async () => {
  const budgets = storeOf(await testRegistry(), "poddisruptionbudgets", "policy");
  const spec = { minAvailable: 1, selector: {} };
  const create = (name: string, wish: object) =>
    budgets.create("a", { metadata: { name }, spec: wish } as never, scope());
  await expect(create("Any_Name", spec)).resolves.toBeDefined();
  await expect(create("a/b", { ...spec, minAvailable: -1 })).rejects.toMatchObject({
    message: expect.not.stringContaining("metadata.name"),
  });
  await expect(create("a/b", spec)).rejects.toMatchObject({ message: expect.stringContaining("metadata.name") });
});
