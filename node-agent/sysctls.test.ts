import { expect, test } from "vitest";
import type { Pod } from "../openapi/api/core.v1.ts";
import { checkUnsafeSysctls, forbiddenSysctl } from "./sysctls.ts";

const wants = (name: string, spec: object = {}) =>
  ({ metadata: {}, spec: { ...spec, securityContext: { sysctls: [{ name, value: "1" }] } } }) as unknown as Pod; // no more is read

test.each([
  ["kernel.shm_rmid_forced", {}, undefined],
  ["kernel.shm_rmid_forced", { hostIPC: true }, '"kernel.shm_rmid_forced" not allowed with host IPC enabled'],
  ["kernel.msgmax", {}, undefined],
  ["kernel.msgmax", { hostIPC: true }, '"kernel.msgmax" not allowed with host IPC enabled'],
  ["net/core/somaxconn", {}, undefined],
  ["net.core.somaxconn", { hostNetwork: true }, '"net.core.somaxconn" not allowed with host Net enabled'],
  ["net.ipv4.ip_forward", {}, '"net.ipv4.ip_forward" not allowlisted'],
  ["vm.swappiness", {}, '"vm.swappiness" not allowlisted'],
])("with kernel.msg* and net.core.* allowed, %s of a Pod with %j: %s", (name, spec, expected) => {
  expect(forbiddenSysctl(wants(name, spec), ["kernel.msg*", "net.core.*"])).toBe(expected);
});

test("what would change the whole machine cannot be allowed", () => {
  expect(() => checkUnsafeSysctls(["net.*", "kernel.shm*", "fs.mqueue.msg_max"])).not.toThrow();
  expect(() => checkUnsafeSysctls(["vm.*"])).toThrow('the sysctls "vm." are not known to be namespaced');
});
