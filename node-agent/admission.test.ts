import { expect, test } from "vitest";
import type { Pod } from "../openapi/api/core.v1.ts";
import { ALL_FEATURES, rejection } from "./admission.ts";

const NONE = { ...ALL_FEATURES, supplementalGroupsPolicy: false, appArmor: false };
const pod = (spec: object) => ({ metadata: {}, spec }) as unknown as Pod; // no more is read
const sysctl = (name: string, more = {}) => ({ ...more, securityContext: { sysctls: [{ name, value: "1" }] } });

test.each([
  [sysctl("kernel.shm_rmid_forced"), undefined],
  [sysctl("net/ipv4/tcp_syncookies"), undefined],
  [sysctl("kernel.msgmax"), 'SysctlForbidden: forbidden sysctl: "kernel.msgmax" not allowlisted'],
  [
    sysctl("net.ipv4.tcp_rmem", { hostNetwork: true }),
    'SysctlForbidden: forbidden sysctl: "net.ipv4.tcp_rmem" not allowed with host Net enabled',
  ],
  [
    { securityContext: { supplementalGroupsPolicy: "Strict" } },
    "SupplementalGroupsPolicyNotSupported: SupplementalGroupsPolicy=Strict is not supported in this node",
  ],
  [
    { containers: [{ securityContext: { appArmorProfile: { type: "RuntimeDefault" } } }] },
    "AppArmor: Cannot enforce AppArmor: AppArmor is not enabled on the host",
  ],
  [{ securityContext: { appArmorProfile: { type: "Unconfined" } } }, undefined],
])("a node that can little answers %j with %s", (spec, expected) => {
  const found = rejection(pod(spec), NONE);
  expect(found && `${found.reason}: ${found.message}`).toBe(expected);
  if (!expected?.startsWith("Sysctl")) expect(rejection(pod(spec), ALL_FEATURES)).toBeUndefined();
});
