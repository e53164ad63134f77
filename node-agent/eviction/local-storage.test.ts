import { expect, test } from "vitest";
import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import { hasStorageLimit, storageExceeded } from "./local-storage.ts";

const MB = 1024 * 1024;

interface Case {
  limits?: Record<string, string>;
  init?: string;
  sizeLimit?: string;
  medium?: string;
  volume?: number;
  used?: Record<string, number>;
  expected: string | undefined;
}

test.each<[string, Case]>([
  ["nothing is said", { volume: 99, used: { a: 99 }, expected: undefined }],
  ["a volume is full to the brim", { sizeLimit: "2Mi", volume: 2, expected: undefined }],
  [
    "a volume has too much",
    { sizeLimit: "2Mi", volume: 3, expected: 'Usage of EmptyDir volume "scratch" exceeds the limit "2Mi". ' },
  ],
  [
    "all together is too much",
    {
      limits: { a: "2Mi", b: "2Mi" },
      used: { a: 1, b: 1 },
      volume: 3,
      expected: "Pod ephemeral local storage usage exceeds the total limit of containers 4Mi. ",
    },
  ],
  ["memory is no disk", { limits: { a: "2Mi" }, used: { a: 1 }, medium: "Memory", volume: 3, expected: undefined }],
  ["the init container may have more", { limits: { a: "2Mi" }, init: "8Mi", volume: 7, expected: undefined }],
  [
    "one container has too much",
    {
      limits: { a: "1Mi", b: "4Mi" },
      used: { a: 2, b: 1 },
      expected: 'Container a exceeded its local ephemeral storage limit "1Mi". ',
    },
  ],
])("when %s, the Pod goes or stays", (_, { limits = {}, init, sizeLimit, medium, volume = 0, used = {}, expected }) => {
  const limited = (name: string, amount: string | undefined): Container => ({
    name,
    resources: amount ? { limits: { "ephemeral-storage": amount } } : {},
  });
  const pod: Pod = {
    metadata: { name: "p" },
    spec: {
      containers: ["a", "b"].map((name) => limited(name, limits[name])),
      initContainers: [limited("i", init)],
      volumes: [{ name: "scratch", emptyDir: { ...(sizeLimit && { sizeLimit }), ...(medium && { medium }) } }],
    },
    status: {},
  };
  const containers = new Map(Object.entries(used).map(([name, megabytes]) => [name, megabytes * MB]));
  expect(storageExceeded(pod, { volumes: new Map([["scratch", volume * MB]]), containers })).toBe(expected);
  expect(hasStorageLimit(pod)).toBe(Object.keys(limits).length > 0 || sizeLimit !== undefined);
});
