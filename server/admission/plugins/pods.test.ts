import { beforeEach, expect, test } from "vitest";
import type { Pod, PodSpec } from "../../../openapi/api/core.v1.ts";
import { decodeJson } from "../../../openapi/decode.ts";
import { schemaForKind } from "../../../openapi/types.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../plugin.ts";
import { messageOf, TestObjects, testAttributes, testContext } from "../test-context.ts";
import { alwaysPullImages } from "./always-pull-images.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { extendedResourceToleration } from "./extended-resource-toleration.ts";
import { limitRanger } from "./limit-ranger/limit-ranger.ts";
import { nodeDeclaredFeatureValidator } from "./node-declared-feature-validator.ts";
import { podResizeValidator } from "./pod-resize-validator.ts";
import { podTopologyLabels } from "./pod-topology-labels.ts";
import { priority } from "./priority.ts";
import { runtimeClass } from "./runtime-class.ts";
import { serviceAccount } from "./service-account/service-account.ts";
import { mergeTolerations } from "./tolerations.ts";

let objects: TestObjects;
beforeEach(() => {
  objects = new TestObjects();
});

const pod = (spec: PodSpec = {}, metadata: Pod["metadata"] = {}): Pod => ({
  metadata: { name: "p", ...metadata },
  spec: { containers: [{ name: "c", image: "i", resources: {} }], ...spec },
  status: {},
});
const put = (resource: string, object: object) => objects.set(resource, object as KubeObject);

/** Both phases, as in the chain. @returns the Pod and what is refused */
async function run(plugin: unknown, object: Pod, more: Partial<AdmissionAttributes> = {}) {
  const { admit, validate } = plugin as AdmissionPlugin; // plugins of several types are tried
  const { attributes } = testAttributes<KubeObject>({ object, ...more });
  const context = testContext(objects);
  const message = await messageOf(async () => {
    await admit?.(attributes, context);
    await validate?.(attributes, context);
  });
  return { message, ...object };
}

test("a Pod runs as default, with a token and the account's pull secrets", async () => {
  put("serviceaccounts", { metadata: { namespace: "ns", name: "default" }, imagePullSecrets: [{ name: "s" }] });
  const { spec, message } = await run(serviceAccount, pod());
  expect(message).toBe("");
  expect(spec).toMatchObject({
    serviceAccountName: "default",
    serviceAccount: "default",
    imagePullSecrets: [{ name: "s" }],
    containers: [
      {
        volumeMounts: [
          {
            name: "kube-api-access-bbbbb",
            readOnly: true,
            mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
          },
        ],
      },
    ],
    volumes: [{ name: "kube-api-access-bbbbb", projected: { defaultMode: 420 } }],
  });
});

test.each<{ what: string; account?: object; spec: PodSpec; volumes: number }>([
  { what: "the Pod wants none", spec: { automountServiceAccountToken: false }, volumes: 0 },
  { what: "the account wants none", account: { automountServiceAccountToken: false }, spec: {}, volumes: 0 },
  {
    what: "only the account wants none",
    account: { automountServiceAccountToken: false },
    spec: { automountServiceAccountToken: true },
    volumes: 1,
  },
  {
    what: "all containers mount something there",
    spec: {
      containers: [
        {
          name: "c",
          resources: {},
          volumeMounts: [{ name: "x", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" }],
        },
      ],
    },
    volumes: 0,
  },
])("when $what there are $volumes token volumes", async ({ account, spec, volumes }) => {
  put("serviceaccounts", { metadata: { namespace: "ns", name: "default" }, ...account });
  expect((await run(serviceAccount, pod(spec))).spec.volumes ?? []).toHaveLength(volumes);
});

test.each<{ what: string; object: Pod; message: string }>([
  {
    what: "names no account that is there",
    object: pod({ serviceAccountName: "x" }),
    message: 'error looking up service account ns/x: serviceaccount "x" not found',
  },
  {
    what: "mirrors and names an account",
    object: pod({ serviceAccountName: "x" }, { annotations: { "kubernetes.io/config.mirror": "" } }),
    message: "a mirror pod may not reference service accounts",
  },
  {
    what: "uses a secret that its account does not list",
    object: pod({ serviceAccountName: "strict", volumes: [{ name: "v", secret: { secretName: "s" } }] }),
    message:
      'volume with secret.secretName="s" is not allowed because service account strict does not reference that secret',
  },
])("a Pod that $what is refused", async ({ object, message }) => {
  const annotations = { "kubernetes.io/enforce-mountable-secrets": "true" };
  put("serviceaccounts", { metadata: { namespace: "ns", name: "strict", annotations } });
  expect((await run(serviceAccount, object)).message).toBe(`pods "p" is forbidden: ${message}`);
});

test.each<{ what: string; spec: PodSpec; message?: string; expected?: PodSpec }>([
  { what: "no class", spec: {}, expected: { priority: 5, priorityClassName: "dflt", preemptionPolicy: "Never" } },
  { what: "a class", spec: { priorityClassName: "high" }, expected: { priority: 100 } },
  { what: "an unknown class", spec: { priorityClassName: "x" }, message: "no PriorityClass with name x was found" },
  {
    what: "another number",
    spec: { priorityClassName: "high", priority: 1 },
    message:
      "the integer value of priority (1) must not be provided in pod spec; priority admission controller computed 100 from the given PriorityClass name",
  },
])("a Pod with $what gets its priority, or is refused", async ({ spec, message, expected }) => {
  put("priorityclasses", { metadata: { name: "dflt" }, value: 5, globalDefault: true, preemptionPolicy: "Never" });
  put("priorityclasses", { metadata: { name: "high" }, value: 100 });
  const result = await run(priority, pod(spec));
  expect(result.message).toBe(message ? `pods "p" is forbidden: ${message}` : "");
  if (expected) expect(result.spec).toMatchObject(expected);
});

test("limit ranges of Pods count all containers, or the largest init container", async () => {
  put("limitranges", {
    metadata: { namespace: "ns", name: "r" },
    spec: { limits: [{ type: "Pod", max: { cpu: "2" } }] },
  });
  const cpu = (name: string, amount: string, restartPolicy?: string) => ({
    name,
    resources: { requests: { cpu: amount }, limits: { cpu: amount } },
    ...(restartPolicy && { restartPolicy }),
  });
  const check = async (spec: PodSpec) => (await run(limitRanger, pod(spec))).message;
  expect(await check({ containers: [cpu("a", "1"), cpu("b", "1")], initContainers: [cpu("i", "2")] })).toBe("");
  expect(await check({ containers: [cpu("a", "1"), cpu("b", "1")], initContainers: [cpu("i", "1", "Always")] })).toBe(
    'pods "p" is forbidden: maximum cpu usage per Pod is 2, but limit is 3',
  );
  expect(await check({ containers: [cpu("a", "1")], initContainers: [cpu("s", "1", "Always"), cpu("i", "2")] })).toBe(
    'pods "p" is forbidden: maximum cpu usage per Pod is 2, but limit is 3',
  );
});

test("tolerations that cover others stay, of equal ones the first", () => {
  const one = { key: "a", operator: "Equal", value: "1", effect: "NoSchedule" };
  const all = { key: "a", operator: "Exists" };
  expect(mergeTolerations([one], [one])).toEqual([one]);
  expect(mergeTolerations([one], [all])).toEqual([all]);
  expect(mergeTolerations([all], [one])).toEqual([all]);
});

test("a runtime class that is gone, or whose overhead differs, refuses", async () => {
  put("runtimeclasses", { metadata: { name: "r" }, overhead: { podFixed: { cpu: "10m" } } });
  const check = async (spec: PodSpec) => (await run(runtimeClass, pod(spec))).message;
  expect(await check({ runtimeClassName: "x" })).toMatch(/RuntimeClass "x" not found$/);
  expect(await check({ runtimeClassName: "r", overhead: { cpu: "0.01" } })).toBe("");
  expect(await check({ runtimeClassName: "r", overhead: { cpu: "1" } })).toMatch(/doesn't match/);
  expect(await check({})).toBe("");
  const body = Buffer.from('{"metadata":{"name":"p"},"spec":{"overhead":{}}}');
  const { spec } = decodeJson<Pod>(body, schemaForKind("", "v1", "Pod")!, "Ignore").value;
  expect(await check(spec!)).toMatch(/Overhead set without corresponding RuntimeClass defined Overhead$/);
});

test("default tolerations are added unless the Pod has its own", async () => {
  const plugin = defaultTolerationSeconds({ notReady: 1, unreachable: 2 });
  const own = [{ key: "node.kubernetes.io/not-ready", operator: "Exists" }];
  expect((await run(plugin, pod({ tolerations: own }))).spec.tolerations).toEqual([
    own[0],
    { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 2 },
  ]);
  expect((await run(plugin, pod({ tolerations: [{ operator: "Exists" }] }))).spec.tolerations).toHaveLength(1);
});

test("a Pod on a node gets the node's zone, and keeps its other labels", async () => {
  put("nodes", { metadata: { name: "n", labels: { "topology.kubernetes.io/zone": "z", other: "x" } } });
  const { metadata } = await run(podTopologyLabels, pod({ nodeName: "n" }, { labels: { a: "b" } }));
  expect(metadata.labels).toEqual({ a: "b", "topology.kubernetes.io/zone": "z" });
});

test("a Pod does not grow beyond its node", async () => {
  put("nodes", { metadata: { name: "n" }, status: { allocatable: { cpu: "1", memory: "1Gi" } } });
  const big = pod(
    { nodeName: "n", containers: [{ name: "c", resources: { requests: { cpu: "2" } } }] },
    { generation: 2 },
  );
  const old = pod({ nodeName: "n" }, { generation: 1 });
  const more = { operation: "UPDATE" as const, subresource: "resize", oldObject: old };
  expect((await run(podResizeValidator, big, more)).message).toBe(
    'pods "p" is forbidden: node didn\'t have enough allocatable resources: cpu, requested: 2000, allocatable: 1000',
  );
});

test("images are always pulled, and extended resources tolerated, where asked for", async () => {
  const { spec } = await run(alwaysPullImages, pod());
  expect(spec.containers?.[0]?.imagePullPolicy).toBe("Always");
  const requests = { "example.com/gpu": "1", cpu: "1" };
  const extended = await run(extendedResourceToleration, pod({ containers: [{ name: "c", resources: { requests } }] }));
  expect(extended.spec.tolerations).toEqual([{ key: "example.com/gpu", operator: "Exists", effect: "NoSchedule" }]);
});

test.each<[string, PodSpec, string[], string]>([
  ["nothing new", {}, [], ""],
  ["other resources of a container", { containers: [{ name: "c", resources: { limits: { cpu: "2" } } }] }, [], ""],
  [
    "other resources of the whole",
    { resources: { limits: { cpu: "2" } } },
    [],
    'pods "p" is forbidden: pod update requires features InPlacePodLevelResourcesVerticalScaling which are not available on node "n"',
  ],
  [
    "other resources of the whole",
    { resources: { limits: { cpu: "2" } } },
    ["InPlacePodLevelResourcesVerticalScaling"],
    "",
  ],
  [
    "other resources of the whole and of an init container",
    { resources: { limits: { cpu: "2" } }, initContainers: [{ name: "i", resources: { limits: { cpu: "2" } } }] },
    [],
    'pods "p" is forbidden: pod update requires features InPlacePodLevelResourcesVerticalScaling, InPlacePodVerticalScalingInitContainers which are not available on node "n"',
  ],
  [
    "other resources of a sidecar",
    { initContainers: [{ name: "i", restartPolicy: "Always", resources: { limits: { cpu: "2" } } }] },
    [],
    "",
  ],
])("a Pod is given %s: %j, on a node with %j: %j", async (_, spec, declaredFeatures, expected) => {
  put("nodes", { metadata: { name: "n" }, status: { declaredFeatures } });
  const initContainers = (spec.initContainers ?? []).map((container) => ({ ...container, resources: {} }));
  const old = pod({ nodeName: "n", ...(spec.initContainers && { initContainers }) }, { generation: 1 });
  const wish = pod({ nodeName: "n", ...spec }, { generation: 2 });
  const more = { operation: "UPDATE", subresource: "resize", oldObject: old as unknown as KubeObject } as const;
  expect((await run(nodeDeclaredFeatureValidator, wish, more)).message).toBe(expected);
});
