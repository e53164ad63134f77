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
