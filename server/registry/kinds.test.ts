import { expect, test } from "vitest";
import { builtInKinds, definitions } from "./kinds.ts";

const kinds = builtInKinds();

test("every resource of kube-apiserver 1.36 is served", () => {
  expect(kinds).toHaveLength(68);
});

test.each(kinds.map((kind) => [`${kind.group}/${kind.version}/${kind.plural}`, kind] as const))(
  "%s has a type, columns and subresources",
  (_, kind) => {
    expect(kind.schema.type).toBe("object");
    if (kind.verbs.includes("list")) expect(kind.columns.map(({ name }) => name)).toContain("Name");
    for (const { verbs } of kind.subresources.values()) expect(verbs.length).toBeGreaterThan(0);
  },
);

test("every definition is of a kind that is served", () => {
  const served = new Set(kinds.map(({ group, version, kind }) => `${group}/${version}/${kind}`));
  for (const { group, version, kind } of definitions) expect(served).toContain(`${group}/${version}/${kind}`);
});

test("columns say what they show, in the words of the field or their own", () => {
  const said = (key: string, column: string) =>
    kinds
      .find(({ group, version, plural }) => `${group}/${version}/${plural}` === key)
      ?.columns.find(({ name }) => name === column)
      ?.description?.();
  expect(said("/v1/pods", "Name")).toMatch(/^Name must be unique within a namespace\. Is required/);
  expect(said("/v1/pods", "Status")).toBe("The aggregate status of the containers in this pod.");
  expect(said("/v1/limitranges", "Created At")).toContain("is in UTC.\n\nPopulated by the system.");
  expect(said("discovery.k8s.io/v1/endpointslices", "AddressType")).toMatch(/the "FQDN" type\.$/);
  expect(said("node.k8s.io/v1/runtimeclasses", "Handler")).toBe("");
  const silent = kinds.flatMap(({ plural, columns }) =>
    columns.filter(({ name, description }) => name && !description?.()).map(({ name }) => `${plural} ${name}`),
  );
  expect(silent).toEqual(["runtimeclasses Handler"]);
});
