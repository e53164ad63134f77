import { expect, test } from "vitest";
import { StatusError } from "../../meta/errors.ts";
import type { KubeObject } from "../../meta/object.ts";
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
