import { describe, expect, test } from "vitest";
import type { Container, Pod, PodSpec } from "../../../../openapi/api/core.v1.ts";
import { defaultPod, defaultPodTemplate } from "./defaults.ts";
import { imageTag } from "./image-reference.ts";
import { prepareForCreate } from "./prepare.ts";
import { qosClass } from "./qos.ts";

const container = (more: Partial<Container> = {}): Container => ({ name: "a", image: "x", resources: {}, ...more });
const defaulted = (spec: PodSpec): PodSpec => {
  const pod: Pod = { metadata: {}, spec, status: {} };
  defaultPod(pod);
  return pod.spec ?? {};
};

test("a Pod that says nothing gets the defaults of upstream", () => {
  expect(defaulted({ containers: [container()] })).toEqual({
    containers: [
      {
        name: "a",
        image: "x",
        resources: {},
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
        imagePullPolicy: "Always",
      },
    ],
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
    enableServiceLinks: true,
  });
});

test("resources are counted in thousandths, rounded up", () => {
  const limits = { cpu: "100u", memory: "1.000000001", "example.com/x": "2.0001", "example.com/y": "1.5" };
  expect(defaulted({ containers: [container({ resources: { limits } })] }).containers?.[0]?.resources?.limits).toEqual({
    cpu: "1m",
    memory: "1001m",
    "example.com/x": "2001m",
    "example.com/y": "1.5",
  });
});

test("templates are not given what only a Pod is given", () => {
  const spec: PodSpec = {
    hostNetwork: true,
    terminationGracePeriodSeconds: -1,
    containers: [container({ resources: { limits: { cpu: "1" } }, ports: [{ containerPort: 80 }] })],
  };
  defaultPodTemplate({ metadata: {}, spec });
  expect(spec.enableServiceLinks).toBeUndefined();
  expect(spec.terminationGracePeriodSeconds).toBe(-1);
  expect(spec.containers?.[0]).toMatchObject({ resources: { limits: { cpu: "1" } }, ports: [{ containerPort: 80 }] });
  expect(spec.containers?.[0]?.ports?.[0]?.hostPort).toBeUndefined();
});

test.each<[string, PodSpec, object]>([
  [
    "limits become requests",
    { containers: [container({ resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } } })] },
    { containers: [{ resources: { requests: { cpu: "500m", memory: "1Gi" } } }] },
  ],
  [
    "resources are counted in thousandths",
    { containers: [container({ resources: { requests: { cpu: "100u" } } })] },
    { containers: [{ resources: { requests: { cpu: "1m" } } }] },
  ],
  [
    "ports of the node are those of the container in the node's network",
    { hostNetwork: true, containers: [container({ ports: [{ containerPort: 80 }] })] },
    { containers: [{ ports: [{ containerPort: 80, hostPort: 80, protocol: "TCP" }] }] },
  ],
  [
    "a negative grace period is one second",
    { terminationGracePeriodSeconds: -5 },
    { terminationGracePeriodSeconds: 1 },
  ],
  ["the old name of the service account follows", { serviceAccountName: "x" }, { serviceAccount: "x" }],
  ["the old name of the service account leads", { serviceAccount: "x" }, { serviceAccountName: "x" }],
  [
    "a volume without a source is an emptyDir",
    { volumes: [{ name: "v" }] },
    { volumes: [{ name: "v", emptyDir: {} }] },
  ],
  [
    "modes and expirations of volumes",
    { volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }] },
    { volumes: [{ projected: { defaultMode: 420, sources: [{ serviceAccountToken: { expirationSeconds: 3600 } }] } }] },
  ],
  [
    "probes",
    { containers: [container({ livenessProbe: { httpGet: { port: 80 } }, readinessProbe: { grpc: { port: 1 } } })] },
    {
      containers: [
        {
          livenessProbe: {
            httpGet: { path: "/", scheme: "HTTP" },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
          readinessProbe: { grpc: { service: "" } },
        },
      ],
    },
  ],
  [
    "requests of the whole are those of its containers, else its limits",
    {
      resources: { limits: { cpu: "2", memory: "1Gi" } },
      containers: [container({ resources: { requests: { cpu: "100m" } } })],
      initContainers: [
        container({ name: "side", restartPolicy: "Always", resources: { requests: { cpu: "200m" } } }),
        container({ name: "first", resources: { requests: { cpu: "250m" } } }),
      ],
    },
    // The sidecar runs beside both: 200m + 250m is more than 200m + 100m.
    { resources: { requests: { cpu: "450m", memory: "1Gi" } } },
  ],
])("%s", (_, spec, expected) => {
  expect(defaulted(spec)).toMatchObject(expected);
});

test.each<[string, string | undefined]>([
  ["nginx", "latest"],
  ["nginx:1.27", "1.27"],
  ["nginx:latest", "latest"],
  ["registry.example:5000/team/app", "latest"],
  [`nginx@sha256:${"a".repeat(64)}`, ""],
  ["localhost/app:2", "2"],
  ["upper/Case", undefined],
  ["", undefined],
  ["a b", undefined],
])("the tag of image %j is %j", (image, tag) => {
  expect(imageTag(image)).toBe(tag);
});

describe("the QoS class", () => {
  const both = { cpu: "1", memory: "1Gi" };
  test.each<[string, PodSpec, string]>([
    ["nothing", { containers: [container()] }, "BestEffort"],
    ["zero", { containers: [container({ resources: { requests: { cpu: "0" } } })] }, "BestEffort"],
    ["requests only", { containers: [container({ resources: { requests: both } })] }, "Burstable"],
    ["equal", { containers: [container({ resources: { requests: both, limits: both } })] }, "Guaranteed"],
    [
      "equal in one of two",
      { containers: [container({ resources: { requests: both, limits: both } }), container({ name: "b" })] },
      "Burstable",
    ],
    ["of the whole", { resources: { requests: both, limits: both }, containers: [container()] }, "Guaranteed"],
    [
      "ephemeral storage alone",
      { containers: [container({ resources: { limits: { "ephemeral-storage": "1" } } })] },
      "BestEffort",
    ],
  ])("%s", (_, spec, expected) => {
    expect(qosClass(spec)).toBe(expected);
  });
});

test("podIP wins over podIPs, which follow it", () => {
  const pod: Pod = { metadata: {}, spec: {}, status: { podIP: "10.0.0.2", podIPs: [{ ip: "10.0.0.1" }] } };
  defaultPod(pod);
  expect(pod.status).toEqual({ podIP: "10.0.0.2", podIPs: [{ ip: "10.0.0.2" }] });
});

test.each([
  [undefined, "BestEffort"],
  ["Guaranteed", "Guaranteed"],
])("a new Pod that says its class is %s has the class %s", (sent, expected) => {
  const pod = { metadata: {}, spec: { containers: [{ name: "c" }] }, status: { qosClass: sent } } as unknown as Pod;
  prepareForCreate(pod, new Date(0), () => undefined);
  expect(pod.status).toEqual({ phase: "Pending", qosClass: expected });
});
