import { expect, test } from "vitest";
import { healthChecks } from "./health.ts";

const named = (name: string, options: Partial<Parameters<typeof healthChecks>[1]>, isBootstrapped = true) => {
  const state = { bootstrapped: isBootstrapped, stopping: false };
  const well = {
    priorityAndFairness: true,
    reloadsEncryption: false,
    databaseFailure: () => undefined,
    isInGrace: () => true,
  };
  return healthChecks(state, { ...well, ...options }).find((check) => check.name === name);
};

test("a database that takes nothing more is told of, at all endpoints", () => {
  const check = named("etcd", { databaseFailure: () => new Error("the database thread ended") });
  expect(check?.on).toEqual(["healthz", "livez", "readyz"]);
  expect(() => check?.check("livez")).toThrow("error getting data from etcd: the database thread ended");
  expect(named("etcd", {})?.check("livez")).toBeUndefined();
});

test.each([
  ["livez", true, true],
  ["livez", false, false],
  ["readyz", true, false],
] as const)("a hook that has not ended: /%s in the grace (%s) is well: %s", (endpoint, isInGrace, isWell) => {
  const hook = named("poststarthook/rbac/bootstrap-roles", { isInGrace: () => isInGrace }, false);
  const asked = () => hook?.check(endpoint);
  if (isWell) expect(asked()).toBeUndefined();
  else expect(asked).toThrow("not finished");
});
