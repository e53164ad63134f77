import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Container, Pod } from "../../../../openapi/api/core.v1.ts";
import { hugePageCapacity, hugePageLimits, pageSizeOption } from "./huge-pages.ts";

const folder = mkdtempSync(join(tmpdir(), "inkube-huge-"));
for (const [size, pages] of [
  ["2048", "8"],
  ["1048576", "0"],
] as const) {
  mkdirSync(join(folder, `hugepages-${size}kB`));
  writeFileSync(join(folder, `hugepages-${size}kB`, "nr_hugepages"), `${pages}\n`);
}
afterAll(() => rmSync(folder, { recursive: true }));

const container = (requests: Record<string, string>): Container =>
  ({ name: "c", resources: { requests, limits: requests } }) as Container;
const podOf = (...containers: Container[]) => ({ metadata: {}, spec: { containers } }) as Pod;

test("a node has the pages that its kernel set aside", () => {
  expect(hugePageCapacity(folder)).toEqual({ "hugepages-1Gi": "0", "hugepages-2Mi": "16Mi" });
  expect(hugePageCapacity(join(folder, "absent"))).toEqual({});
});

test("a container may have the pages that it asks for, and none of another size", () => {
  const own = container({ "hugepages-2Mi": "4Mi" });
  expect(hugePageLimits(podOf(own), own, folder)).toEqual(
    expect.arrayContaining([
      { pageSize: "2MB", limit: 4 * 2 ** 20 },
      { pageSize: "1GB", limit: 0 },
    ]),
  );
});

const small = { "hugepages-2Mi": "4Mi" };
const large = { "hugepages-1Gi": "1Gi" };

test.each([
  ["HugePages", [small], "pagesize=2Mi"],
  ["HugePages-1Gi", [small, large], "pagesize=1Gi"],
  ["HugePages", [small, large], "medium: HugePages can't be used if container requests multiple huge page sizes"],
  [
    "HugePages-1Gi",
    [small],
    "medium HugePages-1Gi: hugePages storage requested, but there is no resource request for huge pages",
  ],
])("an emptyDir of %s for containers with %j: %s", (medium, requests, expected) => {
  const option = () => pageSizeOption(medium, podOf(...requests.map(container)));
  if (expected.startsWith("pagesize")) expect(option()).toBe(expected);
  else expect(option).toThrow(expected);
});
