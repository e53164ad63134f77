import { expect, test } from "vitest";
import type { ReplicaSet } from "../../openapi/api/apps.v1.ts";
import { byRevision, maxRevision, revisionOf } from "./revision.ts";

const set = (revision?: string) =>
  ({
    metadata: {
      name: "s",
      ...(revision !== undefined && { annotations: { "deployment.kubernetes.io/revision": revision } }),
    },
  }) as unknown as ReplicaSet;

test.each([
  { text: undefined, revision: 0n },
  { text: "7", revision: 7n },
  { text: "3546343826724305832", revision: 3546343826724305832n },
  { text: "9223372036854775808", revision: undefined },
  { text: "seven", revision: undefined },
])("the revision $text of a ReplicaSet is $revision", ({ text, revision }) => {
  expect(revisionOf(set(text))).toBe(revision);
});

test("the newest revision is told to the last digit, and what is no number counts as none", () => {
  const sets = [set("seven"), set("3546343826724305833"), set("3546343826724305832"), set()];
  expect(maxRevision(sets)).toBe(3546343826724305833n);
  expect(sets.sort(byRevision).map((one) => revisionOf(one))).toEqual([
    undefined,
    0n,
    3546343826724305832n,
    3546343826724305833n,
  ]);
});
