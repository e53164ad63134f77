import { expect, test } from "vitest";
import { mergeKubeconfig } from "./kubeconfig.ts";

test("merging keeps other people's entries and replaces ours", () => {
  const merged = mergeKubeconfig(
    { clusters: [{ name: "prod" }, { name: "inkube" }], users: [{ name: "me" }], "current-context": "prod" },
    {
      clusters: [{ name: "inkube" }],
      users: [{ name: "inkube" }],
      contexts: [{ name: "inkube" }],
      "current-context": "inkube",
    },
  );
  expect(merged.clusters).toEqual([{ name: "prod" }, { name: "inkube" }]);
  expect(merged.users).toEqual([{ name: "me" }, { name: "inkube" }]);
  expect(merged["current-context"]).toBe("inkube");
});
