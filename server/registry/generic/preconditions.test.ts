import { expect, test } from "vitest";
import { checkPreconditions, keyInConflicts } from "./preconditions.ts";

test.each([
  [false, "/registry/leases/ns/c"],
  [true, "/leases/ns/c"],
])("a precondition that fails names the key: rehearsed %s, as %s", (dryRun, shown) => {
  const key = keyInConflicts("/registry/leases/ns/c", dryRun);
  const check = () => checkPreconditions({ group: "", resource: "leases" }, key, { uid: "zz" }, undefined, "c");
  expect(check).toThrow(
    `StorageError: invalid object, Code: 4, Key: ${shown}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: zz, UID in object meta: `,
  );
});
