import { beforeEach, expect, test } from "vitest";
import type { PersistentVolume, Pod } from "../../../openapi/api/core.v1.ts";
import type { Attributes, Decision } from "../authorizer.ts";
import { nodeRules } from "../bootstrap-policy/policy.ts";
import { nodeAuthorizer, nodeNameOf } from "./node-authorizer.ts";
import { NodeGraph } from "./node-graph.ts";

const pod = (more: Partial<Pod["spec"]> = {}, metadata: Pod["metadata"] = {}): Pod => ({
  metadata: { name: "p", namespace: "ns", uid: "1", ...metadata },
  spec: {
    nodeName: "a",
    serviceAccountName: "robot",
    containers: [
      {
        name: "c",
        resources: {},
        env: [{ name: "X", valueFrom: { secretKeyRef: { key: "k", name: "env-secret" } } }],
        envFrom: [{ configMapRef: { name: "env-map" } }],
      },
    ],
    imagePullSecrets: [{ name: "pull" }],
    volumes: [
      { name: "s", secret: { secretName: "volume-secret" } },
      {
        name: "m",
        projected: { sources: [{ configMap: { name: "projected-map" } }, { secret: { name: "projected-secret" } }] },
      },
      { name: "d", persistentVolumeClaim: { claimName: "claim" } },
      { name: "e", ephemeral: {} },
    ],
    resourceClaims: [{ name: "gpu", resourceClaimName: "device" }],
    ...more,
  },
  status: {},
});
// Of the many fields of a volume only these matter here.
const volume = {
  metadata: { name: "pv" },
  spec: {
    claimRef: { namespace: "ns", name: "claim" },
    csi: {
      driver: "d",
      volumeHandle: "h",
      nodePublishSecretRef: { namespace: "store", name: "mount" },
      controllerPublishSecretRef: { namespace: "store", name: "attach" },
    },
  },
} as unknown as PersistentVolume;

let graph: NodeGraph;
beforeEach(() => {
  graph = new NodeGraph();
  graph.setPod(pod());
  graph.setVolume(volume);
  graph.setNodeOf("volumeattachments", "va", "a");
  graph.setNodeOf("resourceslices", "slice", "a");
});

const ask = (what: string, more: Partial<Attributes> = {}): string => {
  // verb group/resource/subresource namespace/name
  const [verb = "", target = "", object = "/"] = what.split(" ");
  const [group = "", resource = "", subresource = ""] = target.split("/");
  const [namespace = "", name = ""] = object.split("/");
  const user = { name: "system:node:a", groups: ["system:nodes", "system:authenticated"] };
  const attributes = {
    user,
    verb,
    resourceRequest: true,
    group,
    version: "v1",
    resource,
    subresource,
    namespace,
    name,
    path: "",
  };
  const { decision, reason } = nodeAuthorizer(graph, nodeRules()).authorize({ ...attributes, ...more }) as Decision;
  return decision === "allow" ? "allow" : reason;
};
const UNRELATED = "no relationship found between node 'a' and this object";

test.each([
  ["get /secrets ns/env-secret", "allow"],
  ["watch /secrets ns/pull", "allow"],
  ["list /secrets ns/volume-secret", "allow"],
  ["get /secrets ns/projected-secret", "allow"],
  ["get /secrets ns/other", UNRELATED],
  ["get /secrets other/pull", UNRELATED],
  ["get /secrets store/mount", "allow"],
  ["get /secrets store/attach", UNRELATED],
  ["update /secrets ns/pull", "can only read resources of this type"],
  ["list /secrets ns/", "No Object name found"],
  ["list /secrets /", "can only read namespaced object of this type"],
  ["get /configmaps ns/env-map", "allow"],
  ["get /configmaps ns/projected-map", "allow"],
  ["get /persistentvolumeclaims ns/claim", "allow"],
  ["get /persistentvolumeclaims ns/p-e", "allow"],
  ["patch /persistentvolumeclaims/status ns/claim", "allow"],
  ["get /persistentvolumeclaims/status ns/claim", "can only get/update/patch this type"],
  ["list /persistentvolumeclaims ns/claim", "can only get individual resources of this type"],
  ["get /persistentvolumes /pv", "allow"],
  ["get /persistentvolumes /other", UNRELATED],
  ["get resource.k8s.io/resourceclaims ns/device", "allow"],
  ["get storage.k8s.io/volumeattachments /va", "allow"],
  ["get storage.k8s.io/volumeattachments /other", UNRELATED],
  ["create /serviceaccounts/token ns/robot", "allow"],
  ["create /serviceaccounts/token ns/other", UNRELATED],
  ["create /serviceaccounts ns/robot", "can only create token subresource of serviceaccount"],
  ["list /serviceaccounts ns/", "can only create tokens for individual service accounts"],
  ["get /serviceaccounts ns/robot", "allow"],
  ["update coordination.k8s.io/leases kube-node-lease/a", "allow"],
  ["create coordination.k8s.io/leases kube-node-lease/", "allow"],
  [
    "get coordination.k8s.io/leases kube-node-lease/b",
    "can only access node lease with the same name as the requesting node",
  ],
  ["get coordination.k8s.io/leases default/a", 'can only access leases in the "kube-node-lease" system namespace'],
  ["list coordination.k8s.io/leases kube-node-lease/", "can only get, create, update, patch, or delete a node lease"],
  ["get storage.k8s.io/csinodes /a", "allow"],
  ["get storage.k8s.io/csinodes /b", "can only access CSINode with the same name as the requesting node"],
  ["get resource.k8s.io/resourceslices /slice", "allow"],
  ["get resource.k8s.io/resourceslices /other", UNRELATED],
  [
    "list resource.k8s.io/resourceslices /",
    "can only list/watch/deletecollection resourceslices with nodeName field selector",
  ],
  ["get /nodes /a", "allow"],
  ["get /nodes /b", "node 'a' cannot read 'b', only its own Node object"],
  ["list /nodes /", "node 'a' cannot read all nodes, only its own Node object"],
  ["create /nodes /", "allow"],
  ["patch /nodes/status /a", "allow"],
  ["delete /nodes /a", ""],
  ["get /pods ns/p", "allow"],
  ["get /pods ns/q", UNRELATED],
  ["list /pods /", "can only list/watch pods with spec.nodeName field selector"],
  ["create /pods/eviction ns/p", "allow"],
  ["patch /pods/status ns/p", "allow"],
  ["patch /pods ns/p", ""],
  ["create /events ns/", "allow"],
  ["list /services /", "allow"],
  ["list apps/deployments ns/", ""],
])("a node asking to %s hears %j", (what, answer) => {
  expect(ask(what)).toBe(answer);
});

test("a field selector may stand for the node's name", () => {
  expect(ask("watch /pods /", { fieldSelector: "spec.nodeName=a" })).toBe("allow");
  expect(ask("watch /pods /", { fieldSelector: "spec.nodeName=b" })).not.toBe("allow");
  expect(ask("list resource.k8s.io/resourceslices /", { fieldSelector: "spec.nodeName=a" })).toBe("allow");
});

test("rights end with the last Pod that needs them", () => {
  graph.setPod(pod({}, { name: "q", uid: "2" }));
  graph.removePod(pod());
  expect(ask("get /secrets ns/pull")).toBe("allow");
  graph.removePod(pod({}, { name: "q" }));
  expect(ask("get /secrets ns/pull")).toBe(UNRELATED);
  expect(ask("get /persistentvolumes /pv")).toBe(UNRELATED);
});

test("an ephemeral container brings its secrets, a Pod of the same name its own", () => {
  const debug = { name: "d", resources: {}, envFrom: [{ secretRef: { name: "debug-secret" } }] };
  graph.setPod(pod({ ephemeralContainers: [debug] }));
  expect(ask("get /secrets ns/debug-secret")).toBe("allow");
  graph.setPod(pod({ imagePullSecrets: [] }, { uid: "3" }));
  expect(ask("get /secrets ns/pull")).toBe(UNRELATED);
});

test("mirror Pods give nothing but themselves", () => {
  graph.setPod(pod({}, { uid: "4", annotations: { "kubernetes.io/config.mirror": "x" } }));
  expect([ask("get /pods ns/p"), ask("get /secrets ns/pull")]).toEqual(["allow", UNRELATED]);
});

test.each([
  [{ name: "system:node:a", groups: ["system:nodes"] }, "a"],
  [{ name: "system:node:", groups: ["system:nodes"] }, ""],
  [{ name: "system:node:a", groups: [] }, undefined],
  [{ name: "jane", groups: ["system:nodes"] }, undefined],
])("%j is node %j", (user, node) => {
  expect(nodeNameOf(user)).toBe(node);
});
