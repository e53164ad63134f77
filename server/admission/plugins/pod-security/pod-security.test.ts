import { beforeEach, expect, test } from "vitest";
import type { Pod, PodSpec } from "../../../../openapi/api/core.v1.ts";
import type { KubeObject } from "../../../meta/object.ts";
import { messageOf, TestObjects, testAttributes, testContext } from "../../test-context.ts";
import { evaluate, printDetails } from "./evaluate.ts";
import { podSecurity } from "./pod-security.ts";
import { policyOf, printLevel } from "./policy.ts";

const LATEST = Number.POSITIVE_INFINITY;
const container = (more: Partial<NonNullable<PodSpec["containers"]>[number]> = {}) => ({
  name: "c",
  image: "i",
  resources: {},
  ...more,
});
const secure = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
const hardened: PodSpec = {
  containers: [container({ securityContext: secure })],
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
};
const details = (level: "baseline" | "restricted", spec: PodSpec, minor = LATEST, annotations = {}) =>
  printDetails(evaluate({ level, minor }, { annotations }, spec));

test.each<{ what: string; spec: PodSpec; text: string; minor?: number; annotations?: object }>([
  { what: "nothing special", spec: { containers: [container()] }, text: "" },
  { what: "host namespaces", spec: { hostPID: true }, text: "host namespaces (hostPID=true)" },
  {
    what: "host ports of two",
    spec: {
      initContainers: [container({ name: "i", ports: [{ containerPort: 1, hostPort: 81 }] })],
      containers: [container({ ports: [{ containerPort: 1, hostPort: 80 }] })],
    },
    text: 'hostPort (containers "i", "c" use hostPorts 80, 81)',
  },
  {
    what: "Unmasked proc",
    spec: { containers: [container({ securityContext: { procMount: "Unmasked" } })] },
    text: 'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
  },
  {
    what: "Unmasked proc in a user namespace",
    spec: { hostUsers: false, containers: [container({ securityContext: { procMount: "Unmasked" } })] },
    text: "",
  },
  {
    what: "Unmasked proc in a user namespace as of 1.34",
    minor: 34,
    spec: { hostUsers: false, containers: [container({ securityContext: { procMount: "Unmasked" } })] },
    text: 'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
  },
  {
    what: "AppArmor annotations",
    annotations: { "container.apparmor.security.beta.kubernetes.io/c": "unconfined" },
    spec: { containers: [container()] },
    text: 'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/c="unconfined"")',
  },
  {
    what: "a sysctl that became safe",
    spec: { securityContext: { sysctls: [{ name: "net.ipv4.tcp_rmem", value: "1" }] } },
    text: "",
  },
  {
    what: "the same as of 1.31",
    minor: 31,
    spec: { securityContext: { sysctls: [{ name: "net.ipv4.tcp_rmem", value: "1" }] } },
    text: "forbidden sysctls (net.ipv4.tcp_rmem)",
  },
  {
    what: "SELinux of Pod and container",
    spec: {
      securityContext: { seLinuxOptions: { type: "x_t" } },
      containers: [container({ securityContext: { seLinuxOptions: { role: "r" } } })],
    },
    text: 'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "x_t"; role may not be set)',
  },
  {
    what: "a Windows host process",
    spec: { securityContext: { windowsOptions: { hostProcess: true } } },
    text: "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
  },
])("level baseline says of $what: $text", ({ spec, text, minor, annotations }) => {
  expect(details("baseline", spec, minor, annotations)).toBe(text);
});

test.each<{ what: string; spec: PodSpec; text: string; minor?: number }>([
  { what: "a hardened Pod", spec: hardened, text: "" },
  {
    what: "a host path, once",
    spec: { ...hardened, volumes: [{ name: "v", hostPath: { path: "/" } }] },
    text: 'restricted volume types (volume "v" uses restricted volume type "hostPath")',
  },
  {
    what: "added capabilities, once",
    spec: {
      ...hardened,
      containers: [
        container({
          securityContext: { ...secure, capabilities: { drop: ["ALL"], add: ["SYS_TIME", "NET_BIND_SERVICE"] } },
        }),
      ],
    },
    text: 'unrestricted capabilities (container "c" must not include "SYS_TIME" in securityContext.capabilities.add)',
  },
  {
    what: "root",
    spec: { ...hardened, securityContext: { ...hardened.securityContext, runAsNonRoot: false, runAsUser: 0 } },
    text: "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod must not set runAsUser=0)",
  },
  {
    what: "a Windows Pod",
    spec: { os: { name: "windows" }, securityContext: { runAsNonRoot: true }, containers: [container()] },
    text: "",
  },
])("level restricted says of $what: $text", ({ spec, text, minor }) => {
  expect(details("restricted", spec, minor)).toBe(text);
});

test.each([
  { labels: {}, policy: "privileged:latest privileged:latest privileged:latest" },
  { labels: { enforce: "baseline" }, policy: "baseline:latest privileged:latest baseline:latest" },
  {
    labels: { enforce: "baseline", "enforce-version": "v1.20" },
    policy: "baseline:v1.20 privileged:latest baseline:v1.20",
  },
  {
    labels: { enforce: "restricted", warn: "privileged" },
    policy: "restricted:latest privileged:latest privileged:latest",
  },
  { labels: { enforce: "x", audit: "x" }, policy: "restricted:latest privileged:latest privileged:latest" },
])("labels $labels mean $policy", ({ labels, policy }) => {
  const full = Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]),
  );
  const { enforce, audit, warn } = policyOf(full).policy;
  expect([enforce, audit, warn].map(printLevel).join(" ")).toBe(policy);
});

let told: string[];
const plugin = podSecurity({
  evaluated({ decision, policy, mode }, { operation, resource }) {
    told.push(`${decision} ${mode} ${printLevel(policy)} ${operation} ${resource}`);
  },
  failed: (isFatal) => told.push(`failed ${isFatal}`),
});
beforeEach(() => {
  told = [];
});

function setUp(labels: Record<string, string>) {
  const objects = new TestObjects();
  objects.set("namespaces", { metadata: { name: "ns", labels } });
  return { objects, context: testContext(objects) };
}

test("enforce refuses, warn and audit tell", async () => {
  const { context } = setUp({
    "pod-security.kubernetes.io/enforce": "baseline",
    "pod-security.kubernetes.io/audit": "baseline",
  });
  const pod: Pod = { metadata: { name: "p" }, spec: { hostNetwork: true }, status: {} };
  const { attributes, annotations } = testAttributes<KubeObject>({ object: pod });
  expect(await messageOf(() => plugin.validate?.(attributes, context))).toBe(
    'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
  );
  expect(annotations).toEqual({
    "pod-security.kubernetes.io/audit-violations":
      'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
    "pod-security.kubernetes.io/enforce-policy": "baseline:latest",
  });
  expect(told).toEqual(["deny audit baseline:latest CREATE pods", "deny enforce baseline:latest CREATE pods"]);
  const harmless: Pod = { ...pod, spec: {} };
  const good = testAttributes<KubeObject>({ object: harmless }).attributes;
  await plugin.validate?.(good, context);
  await plugin.validate?.(good, setUp({}).context);
  expect(told.slice(2)).toEqual([
    "allow enforce baseline:latest CREATE pods",
    "allow enforce privileged:latest CREATE pods",
  ]);
});

test("a stricter namespace warns of the Pods in it, alike ones together", async () => {
  const { objects, context } = setUp({});
  for (const name of ["b", "a", "c"]) {
    objects.set("pods", { metadata: { namespace: "ns", name }, spec: { hostPID: true } } as KubeObject);
  }
  objects.set("pods", { metadata: { namespace: "ns", name: "z" }, spec: {} } as KubeObject);
  const namespace = (labels: Record<string, string>) => ({ metadata: { name: "ns", labels } });
  const { attributes, warnings } = testAttributes<KubeObject>({
    operation: "UPDATE",
    resource: "namespaces",
    kind: { group: "", version: "v1", kind: "Namespace" },
    name: "ns",
    object: namespace({ "pod-security.kubernetes.io/enforce": "baseline" }),
    oldObject: namespace({}),
  });
  await plugin.validate?.(attributes, context);
  expect(warnings).toEqual([
    'existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"',
    "a (and 2 other pods): host namespaces",
  ]);
});

test("a bad label is refused unless it was there before", async () => {
  const { context } = setUp({});
  const bad = { metadata: { name: "ns", labels: { "pod-security.kubernetes.io/enforce": "zz" } } };
  const request = {
    resource: "namespaces",
    kind: { group: "", version: "v1", kind: "Namespace" },
    name: "ns",
    object: bad,
  };
  const create = testAttributes<KubeObject>(request).attributes;
  expect(await messageOf(() => plugin.validate?.(create, context))).toBe(
    'Namespace "ns" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "zz": must be one of privileged, baseline, restricted',
  );
  const update = testAttributes<KubeObject>({ ...request, operation: "UPDATE", oldObject: bad }).attributes;
  expect(await messageOf(() => plugin.validate?.(update, context))).toBe("");
});
