import { expect, test } from "vitest";
import type { Pod } from "../../../../openapi/api/core.v1.ts";
import { nodePaths } from "./paths.ts";
import { sandboxConfig } from "./sandbox-config.ts";
import { containerSecurity } from "./security-context.ts";

const facts = {
  hostname: "web",
  dns: { servers: ["10.96.0.10"], searches: [], options: [] },
  paths: nodePaths("/data"),
  cgroupRoot: "/inkube",
  attempt: 0,
};
const pod = (spec: object, qosClass = "BestEffort") =>
  ({ metadata: { name: "web", namespace: "ns", uid: "u1" }, spec, status: { qosClass } }) as unknown as Pod; // no more is read

test.each([
  ["Guaranteed", "/inkube/kubepods/podu1"],
  ["Burstable", "/inkube/kubepods/burstable/podu1"],
  ["BestEffort", "/inkube/kubepods/besteffort/podu1"],
])("a %s Pod has cgroup %s", (qos, cgroup) => {
  expect(sandboxConfig(pod({}, qos), facts).linux.cgroupParent).toBe(cgroup);
});

test("a Pod in the node's namespaces has them, and its name", () => {
  const config = sandboxConfig(pod({ hostNetwork: true, hostPID: true, hostIPC: true }), facts);
  expect(config.hostname).toBe("");
  expect(config.linux.securityContext.namespaceOptions).toEqual({ network: 2, pid: 2, ipc: 2 });
});

test("ports of the host, sysctls and groups reach the runtime", () => {
  const config = sandboxConfig(
    pod({
      containers: [{ name: "c", ports: [{ containerPort: 53, hostPort: 5353, protocol: "UDP" }] }],
      securityContext: { fsGroup: 7, supplementalGroups: [8], sysctls: [{ name: "net.a", value: "1" }] },
    }),
    facts,
  );
  expect(config.portMappings).toEqual([{ protocol: 1, containerPort: 53, hostPort: 5353 }]);
  expect(config.linux.sysctls).toEqual({ "net.a": "1" });
  expect(config.linux.securityContext.supplementalGroups).toEqual([7, 8]);
  expect(config.logDirectory).toBe("/data/logs/ns_web_u1");
});

test("a container's own security settings go before its Pod's, and those before the image's", () => {
  const none = { imageUid: 33, imageUsername: "", seccompFolder: "/data/seccomp", targetId: undefined };
  const of = (own: object, shared: object) =>
    containerSecurity(pod({ securityContext: shared }), { name: "c", resources: {}, securityContext: own }, none);
  expect(of({}, {}).runAsUser).toEqual({ value: 33 });
  expect(of({}, { runAsUser: 1 }).runAsUser).toEqual({ value: 1 });
  expect(of({ runAsUser: 2, allowPrivilegeEscalation: false }, { runAsUser: 1 })).toMatchObject({
    runAsUser: { value: 2 },
    noNewPrivs: true,
    seccomp: { profileType: 1 },
  });
  expect(of({ seccompProfile: { type: "Localhost", localhostProfile: "a.json" } }, {}).seccomp).toEqual({
    profileType: 2,
    localhostRef: "/data/seccomp/a.json",
  });
});
