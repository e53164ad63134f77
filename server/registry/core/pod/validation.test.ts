import { expect, test } from "vitest";
import type { Container, Pod, PodSpec, Volume } from "../../../../openapi/api/core.v1.ts";
import { deepCopy } from "../../../meta/equality.ts";
import { defaultPod } from "./defaults.ts";
import { validateResize } from "./resize-validation.ts";
import { validateStatusUpdate } from "./status-validation.ts";
import { validateEphemeralContainersUpdate, validatePodUpdate } from "./update-validation.ts";
import { validatePod, validatePodTemplateSpec } from "./validation.ts";
import { podWarnings } from "./warnings.ts";

const container = (more: Partial<Container> = {}): Container => ({ name: "a", image: "x", resources: {}, ...more });

function podOf(spec: PodSpec, more: Partial<Pod> = {}): Pod {
  const pod: Pod = {
    metadata: { name: "p", namespace: "default" },
    status: {},
    ...more,
    spec: { containers: [container()], ...spec },
  };
  defaultPod(pod);
  return pod;
}

const messages = (errors: readonly { message(): string }[]) => errors.map((error) => error.message());
const withContainer = (more: Partial<Container>): PodSpec => ({ containers: [container(more)] });
const withVolume = (volume: Omit<Volume, "name">): PodSpec => ({ volumes: [{ name: "v", ...volume }] });

test.each<[string, PodSpec, string[]]>([
  ["none", {}, []],
  [
    "an unknown system",
    { os: { name: "a" } },
    ['spec.os: Unsupported value: "a": supported values: "linux", "windows"'],
  ],
  ["a system without a name", { os: { name: "" } }, ["spec.os.name: Required value"]],
  [
    "rules without a policy, which are looked at only in containers that go on",
    {
      containers: [container({ restartPolicyRules: [{ action: "Restart" }] })],
      initContainers: [container({ name: "i", restartPolicyRules: [{ action: "Restart" }] })],
    },
    [
      "spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used",
      "spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified",
      "spec.initContainers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used",
    ],
  ],
  [
    "an ephemeral container with a lifecycle, though an empty one",
    { ephemeralContainers: [{ name: "e", image: "x", lifecycle: {}, resources: {} }] },
    [
      "spec.ephemeralContainers[0].lifecycle: Forbidden: cannot be set for an Ephemeral Container",
      "spec.ephemeralContainers: Forbidden: cannot be set on create",
    ],
  ],
  ["no container", { containers: [] }, ["spec.containers: Required value"]],
  ["no image", withContainer({ image: "" }), ["spec.containers[0].image: Required value"]],
  [
    "blanks around an image",
    withContainer({ image: " x" }),
    ['spec.containers[0].image: Invalid value: " x": must not have leading or trailing whitespace'],
  ],
  ["one name twice", { containers: [container(), container()] }, ['spec.containers[1].name: Duplicate value: "a"']],
  [
    "a host port twice",
    {
      containers: [
        container({
          ports: [
            { containerPort: 1, hostPort: 9 },
            { containerPort: 2, hostPort: 9 },
          ],
        }),
      ],
    },
    ['spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//9"'],
  ],
  [
    "an unknown mount",
    withContainer({ volumeMounts: [{ name: "v", mountPath: "/v" }] }),
    ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
  ],
  [
    "request above limit",
    withContainer({ resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }),
    ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  ],
  [
    "an unknown resource",
    withContainer({ resources: { requests: { gpu: "1" } } }),
    [
      'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers',
    ],
  ],
  [
    "huge pages alone",
    withContainer({ resources: { limits: { "hugepages-2Mi": "2Mi" } } }),
    ["spec.containers[0].resources: Forbidden: HugePages require cpu or memory"],
  ],
  [
    "two handlers",
    withContainer({ livenessProbe: { exec: { command: ["x"] }, tcpSocket: { port: 1 } } }),
    ["spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"],
  ],
  [
    "no handler",
    withContainer({ readinessProbe: {} }),
    ["spec.containers[0].readinessProbe: Required value: must specify a handler type"],
  ],
  [
    "a probe of an init container",
    { initContainers: [container({ name: "i", livenessProbe: { exec: { command: ["x"] } } })] },
    [
      "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
    ],
  ],
  [
    "a value from nowhere",
    withContainer({ env: [{ name: "A", valueFrom: {} }] }),
    [
      'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
    ],
  ],
  [
    "a field that cannot be shown",
    withContainer({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "status.phase" } } }] }),
    [
      'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
    ],
  ],
  [
    "privileged without escalation",
    withContainer({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
    [
      'spec.containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    ],
  ],
  [
    "two sources of a volume",
    withVolume({ emptyDir: {}, hostPath: { path: "/x" } }),
    ["spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"],
  ],
  [
    "two sources of a volume, not in upstream's order",
    withVolume({ secret: { secretName: "s" }, hostPath: { path: "/x" } }),
    ["spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type"],
  ],
  [
    "a path up",
    withVolume({ configMap: { name: "c", items: [{ key: "k", path: "../x" }] } }),
    ["spec.volumes[0].configMap.items[0].path: Invalid value: \"../x\": must not contain '..'"],
  ],
  [
    "a restart policy",
    { restartPolicy: "Often" },
    ['spec.restartPolicy: Unsupported value: "Often": supported values: "Always", "OnFailure", "Never"'],
  ],
  [
    "a toleration of everything",
    { tolerations: [{ operator: "Equal" }] },
    [
      'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
  ],
  [
    "a spread constraint twice",
    {
      topologySpreadConstraints: [1, 1].map((maxSkew) => ({
        maxSkew,
        topologyKey: "zone",
        whenUnsatisfiable: "DoNotSchedule",
      })),
    },
    ['spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"'],
  ],
  [
    "DNS of one's own",
    { dnsPolicy: "None" },
    ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
  ],
  [
    "a gate and a node",
    { nodeName: "n", schedulingGates: [{ name: "g" }] },
    ["spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"],
  ],
  [
    "a user namespace with the node's processes",
    { hostUsers: false, hostPID: true },
    ["spec.HostPID: Forbidden: when `hostUsers` is false"],
  ],
  [
    "a sysctl of the node",
    { hostNetwork: true, securityContext: { sysctls: [{ name: "net/ipv4/ip_forward", value: "1" }] } },
    [
      "spec.securityContext.sysctls[0].name: Invalid value: \"net/ipv4/ip_forward\": may not be specified when 'hostNetwork' is true",
    ],
  ],
  [
    "a claim without source",
    { resourceClaims: [{ name: "c" }] },
    [
      'spec.resourceClaims[0]: Invalid value: {"Name":"c","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
    ],
  ],
])("a Pod is refused for: %s", (_, spec, expected) => {
  expect(messages(validatePod(podOf(spec)))).toEqual(expected);
});

test("templates may leave blanks in images, and name their fields below the template", () => {
  const spec: PodSpec = { ...podOf(withContainer({ image: " " })).spec, ephemeralContainers: [] };
  expect(messages(validatePodTemplateSpec({ metadata: {}, spec }, "spec.template", {}))).toEqual([]);
  expect(messages(validatePodTemplateSpec({ metadata: {}, spec: { ...spec, containers: [] } }, "t", {}))).toEqual([
    "t.spec.containers: Required value",
  ]);
});

const ONLY = /^spec: Forbidden: pod updates may not change fields other than `spec.containers\[\*\].image`,/;

test.each<[string, PodSpec, PodSpec, (string | RegExp)[]]>([
  ["the image", {}, withContainer({ image: "y" }), []],
  ["a shorter deadline", { activeDeadlineSeconds: 9 }, { activeDeadlineSeconds: 5 }, []],
  [
    "a longer deadline",
    { activeDeadlineSeconds: 5 },
    { activeDeadlineSeconds: 9 },
    ["spec.activeDeadlineSeconds: Invalid value: 9: must be less than or equal to previous value"],
  ],
  [
    "no deadline any more",
    { activeDeadlineSeconds: 5 },
    {},
    ["spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value"],
  ],
  ["one more toleration", {}, { tolerations: [{ key: "k", operator: "Exists" }] }, []],
  [
    "one toleration less",
    { tolerations: [{ key: "k", operator: "Exists" }] },
    {},
    ["spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"],
  ],
  ["the node", {}, { nodeName: "n" }, [ONLY]],
  ["the command", {}, withContainer({ command: ["x"] }), [ONLY]],
  [
    "a container more",
    {},
    { containers: [container(), container({ name: "b" })] },
    ["spec.containers: Forbidden: pod updates may not add or remove containers"],
  ],
  ["a node selector while gated", { schedulingGates: [{ name: "g" }] }, { nodeSelector: { a: "b" } }, []],
  [
    "another node selector while gated",
    { schedulingGates: [{ name: "g" }], nodeSelector: { a: "b" } },
    { schedulingGates: [{ name: "g" }], nodeSelector: { a: "c" } },
    [
      'spec.nodeSelector: Invalid value: {"a":"c"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ],
  ],
  [
    "a gate more",
    {},
    { schedulingGates: [{ name: "g" }] },
    ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'"],
  ],
])("an update changes %s", (_, before, after, expected) => {
  const found = messages(validatePodUpdate(podOf(after), podOf(before)));
  expect(found).toHaveLength(expected.length);
  for (const [i, text] of expected.entries()) {
    if (typeof text === "string") expect(found[i]).toBe(text);
    else expect(found[i]).toMatch(text);
  }
});

const CLAIMS = [{ name: "x", resourceClaimName: "y" }];

test.each<[string, PodSpec, PodSpec, string[]]>([
  [
    "more CPU",
    withContainer({ resources: { requests: { cpu: "1", memory: "1Gi" } } }),
    withContainer({ resources: { requests: { cpu: "2", memory: "1Gi" } } }),
    [],
  ],
  [
    "another class",
    withContainer({ resources: { requests: { cpu: "1" } } }),
    withContainer({ resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } } }),
    ['spec: Invalid value: "": Pod QOS Class may not change as a result of resizing'],
  ],
  [
    "a request less",
    withContainer({ resources: { requests: { cpu: "1", memory: "1Gi" } } }),
    withContainer({ resources: { requests: { cpu: "1" } } }),
    ["spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"],
  ],
  [
    "something else",
    withContainer({ resources: { requests: { cpu: "1" } } }),
    withContainer({ resources: { requests: { cpu: "1", "ephemeral-storage": "1" } } }),
    ["spec: Forbidden: only cpu and memory resources are mutable"],
  ],
  [
    "a claim that the Pod does not have",
    withContainer({ resources: { requests: { cpu: "1" } } }),
    withContainer({ resources: { requests: { cpu: "1" }, claims: [{ name: "x" }] } }),
    [
      'spec.containers[0].resources.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims which is empty',
    ],
  ],
  [
    "more CPU of a container with a claim",
    { ...withContainer({ resources: { requests: { cpu: "1" }, claims: [{ name: "x" }] } }), resourceClaims: CLAIMS },
    { ...withContainer({ resources: { requests: { cpu: "2" }, claims: [{ name: "x" }] } }), resourceClaims: CLAIMS },
    ["spec: Forbidden: only cpu and memory resources are mutable"],
  ],
])("a resize asks for %s", (_, before, after, expected) => {
  expect(messages(validateResize(podOf(after), podOf(before)))).toEqual(expected);
});

test("ephemeral containers may come, and stay as they are", () => {
  const debug = { name: "d", image: "x", resources: {} };
  const old = podOf({ ephemeralContainers: [debug] });
  expect(messages(validateEphemeralContainersUpdate(deepCopy(old), old))).toEqual([]);
  expect(messages(validateEphemeralContainersUpdate(podOf({}), old))).toEqual([
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "d" may not be removed\n',
  ]);
  const changed = validateEphemeralContainersUpdate(podOf({ ephemeralContainers: [{ ...debug, image: "y" }] }), old);
  expect(messages(changed)[0]).toMatch(
    /^spec.ephemeralContainers: Forbidden: existing ephemeral containers "d" may not/,
  );
});

test("what has ended stays so, unless the container may start again", () => {
  const ended = { terminated: { exitCode: 0 } };
  const status = (state: object) => ({
    containerStatuses: [{ name: "a", state, lastState: {}, ready: false, restartCount: 0, image: "", imageID: "" }],
  });
  const check = (restartPolicy: string) =>
    messages(
      validateStatusUpdate(
        podOf({ restartPolicy }, { status: status({ running: {} }) }),
        podOf({ restartPolicy }, { status: status(ended) }),
      ),
    );
  expect(check("Always")).toEqual([]);
  expect(check("Never")).toEqual([
    "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state",
  ]);
});

test.each<[string, PodSpec, string[]]>([
  ["fine", {}, []],
  [
    "a fraction of a byte",
    withContainer({ resources: { limits: { memory: "100m" } } }),
    ['spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer'],
  ],
  [
    "a port twice",
    withContainer({
      ports: [
        { containerPort: 80, protocol: "TCP" },
        { containerPort: 80, protocol: "TCP" },
      ],
    }),
    ["spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]"],
  ],
  [
    "a variable twice",
    withContainer({
      env: [
        { name: "A", value: "1" },
        { name: "A", value: "2" },
      ],
    }),
    ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
  ],
  [
    "a label of long ago",
    { nodeSelector: { "beta.kubernetes.io/os": "linux" } },
    ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
  ],
  [
    "one file twice",
    withVolume({
      secret: {
        secretName: "s",
        items: [
          { key: "a", path: "x" },
          { key: "b", path: "x/y" },
        ],
      },
    }),
    ['volume "v" (Secret "s"): overlapping paths: "x/y" with "x"'],
  ],
])("warns of: %s", (_, spec, expected) => {
  expect(podWarnings({ containers: [container()], ...spec }, {}, "")).toEqual(expected);
});
