import { beforeEach, expect, test } from "vitest";
import type { Decision } from "../../auth/authorizer.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from "../plugin.ts";
import { messageOf, TestObjects, testAttributes, testContext } from "../test-context.ts";
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from "./certificates.ts";
import { defaultIngressClass } from "./default-ingress-class.ts";
import { defaultStorageClass } from "./default-storage-class.ts";
import { denyServiceExternalIPs } from "./deny-service-external-ips.ts";
import { namespaceAutoProvision } from "./namespace-auto-provision.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { ownerReferencesPermissionEnforcement } from "./owner-references-permission-enforcement.ts";
import { persistentVolumeClaimResize } from "./persistent-volume-claim-resize.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use-protection.ts";
import { taintNodesByCondition } from "./taint-nodes-by-condition.ts";

let objects: TestObjects;
beforeEach(() => {
  objects = new TestObjects();
});

const put = (resource: string, object: object) => objects.set(resource, object as KubeObject);

interface Request extends Partial<Omit<AdmissionAttributes, "object" | "oldObject">> {
  object?: object;
  oldObject?: object;
}

async function run(plugin: unknown, request: Request, more: Partial<AdmissionContext> = {}): Promise<string> {
  const { admit, validate } = plugin as AdmissionPlugin; // plugins of several types are tried
  // The cast: tests write only what matters of an object.
  const { attributes } = testAttributes<KubeObject>(request as Partial<AdmissionAttributes>);
  return messageOf(async () => {
    await admit?.(attributes, testContext(objects, more));
    await validate?.(attributes, testContext(objects, more));
  });
}

/** Allows these: `verb name`. */
const allowing = (...allowed: string[]) => ({
  authorizer: {
    name: "test",
    authorize: ({ verb, name }: { verb: string; name: string }): Decision => ({
      decision: allowed.includes(`${verb} ${name}`) ? "allow" : "no-opinion",
      reason: "because",
    }),
  },
});

test.each<{ what: string; request: Request; message: string }>([
  { what: "create in a missing namespace", request: { namespace: "x" }, message: 'namespaces "x" not found' },
  { what: "create in a namespace", request: {}, message: "" },
  {
    what: "create in a namespace that goes away",
    request: { namespace: "going" },
    message: 'pods "p" is forbidden: unable to create new content in namespace going because it is being terminated',
  },
  { what: "update in a namespace that goes away", request: { namespace: "going", operation: "UPDATE" }, message: "" },
  { what: "delete in a missing namespace", request: { namespace: "x", operation: "DELETE" }, message: "" },
  {
    what: "delete kube-system",
    request: {
      operation: "DELETE",
      resource: "namespaces",
      kind: { group: "", version: "v1", kind: "Namespace" },
      name: "kube-system",
      namespace: "kube-system",
    },
    message: 'namespaces "kube-system" is forbidden: this namespace may not be deleted',
  },
])("NamespaceLifecycle says of $what: $message", async ({ request, message }) => {
  put("namespaces", { metadata: { name: "ns" }, status: { phase: "Active" } });
  put("namespaces", { metadata: { name: "going" }, status: { phase: "Terminating" } });
  expect(await run(namespaceLifecycle, request)).toBe(message);
});

test("NamespaceAutoProvision makes the namespace", async () => {
  expect(await run(namespaceAutoProvision, { namespace: "x" })).toBe("");
  expect(objects.get({ group: "", resource: "namespaces" }, "", "x")).toMatchObject({ metadata: { name: "x" } });
});

const claim = (spec: object = {}, more: object = {}) => ({ metadata: { name: "c" }, spec, ...more });

test.each<{ what: string; object: { metadata: object; spec: object }; storageClass: unknown }>([
  { what: "no class", object: claim(), storageClass: "new" },
  { what: "an empty class", object: claim({ storageClassName: "" }), storageClass: "" },
  {
    what: "a class in the old annotation",
    object: { metadata: { annotations: { "volume.beta.kubernetes.io/storage-class": "old" } }, spec: {} },
    storageClass: undefined,
  },
])("a claim with $what has the class $storageClass", async ({ object, storageClass }) => {
  const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  put("storageclasses", { metadata: { name: "old", creationTimestamp: "2026-01-01T00:00:00Z", annotations } });
  put("storageclasses", { metadata: { name: "new", creationTimestamp: "2026-02-01T00:00:00Z", annotations } });
  await run(defaultStorageClass, { resource: "persistentvolumeclaims", object });
  expect((object.spec as { storageClassName?: string }).storageClassName).toBe(storageClass);
});

test("an Ingress gets the default class unless it names one in the annotation", async () => {
  const annotations = { "ingressclass.kubernetes.io/is-default-class": "true" };
  put("ingressclasses", { metadata: { name: "a", annotations } });
  put("ingressclasses", { metadata: { name: "b", annotations } });
  const plain = { metadata: {}, spec: {} };
  const named = { metadata: { annotations: { "kubernetes.io/ingress.class": "x" } }, spec: {} };
  await run(defaultIngressClass, { object: plain });
  await run(defaultIngressClass, { object: named });
  expect([plain.spec, named.spec]).toEqual([{ ingressClassName: "a" }, {}]);
});

test.each([
  ["persistentvolumes", "kubernetes.io/pv-protection"],
  ["persistentvolumeclaims", "kubernetes.io/pvc-protection"],
  ["volumeattributesclasses", "kubernetes.io/vac-protection"],
])("%s get the finalizer %s once", async (resource, finalizer) => {
  const object = { metadata: { finalizers: ["a"] } };
  await run(storageObjectInUseProtection, { resource, object });
  await run(storageObjectInUseProtection, { resource, object });
  expect(object.metadata.finalizers).toEqual(["a", finalizer]);
});

test.each([
  { phase: "Bound", from: "1Gi", to: "1024Mi", storageClass: "no", message: "" },
  { phase: "Bound", from: "1Gi", to: "2Gi", storageClass: "yes", message: "" },
  { phase: "Bound", from: "1Gi", to: "2Gi", storageClass: "no", message: /must support resize$/ },
  { phase: "Pending", from: "1Gi", to: "2Gi", storageClass: "yes", message: /Only bound persistent volume claims/ },
])(
  "a $phase claim of class $storageClass from $from to $to: $message",
  async ({ phase, from, to, storageClass, message }) => {
    put("storageclasses", { metadata: { name: "yes" }, allowVolumeExpansion: true });
    put("storageclasses", { metadata: { name: "no" } });
    const sized = (storage: string) =>
      claim({ storageClassName: storageClass, resources: { requests: { storage } } }, { status: { phase } });
    const answer = await run(persistentVolumeClaimResize, {
      operation: "UPDATE",
      resource: "persistentvolumeclaims",
      object: sized(to),
      oldObject: sized(from),
    });
    expect(answer).toMatch(typeof message === "string" ? /^$/ : message);
  },
);

test("a new node is tainted once", async () => {
  const node = { metadata: { name: "n" }, spec: {} };
  await run(taintNodesByCondition, { resource: "nodes", object: node });
  await run(taintNodesByCondition, { resource: "nodes", object: node });
  expect(node.spec).toEqual({ taints: [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }] });
});

const csr = (signerName: string, status: object = {}) => ({ metadata: { name: "r" }, spec: { signerName }, status });
test.each<{ what: string; plugin: unknown; request: Request; allowed: string[]; message: string }>([
  {
    what: "approval without permission",
    plugin: certificateApproval,
    request: { subresource: "approval", oldObject: csr("a.b/c") },
    allowed: [],
    message: 'user not permitted to approve requests with signerName "a.b/c"',
  },
  {
    what: "approval with permission for the domain",
    plugin: certificateApproval,
    request: { subresource: "approval", oldObject: csr("a.b/c") },
    allowed: ["approve a.b/*"],
    message: "",
  },
  {
    what: "signing without permission",
    plugin: certificateSigning,
    request: { subresource: "status", object: csr("a.b/c", { certificate: "x" }), oldObject: csr("a.b/c") },
    allowed: ["approve a.b/c"],
    message: 'user not permitted to sign requests with signerName "a.b/c"',
  },
  {
    what: "a request to be all-powerful",
    plugin: certificateSubjectRestriction,
    request: { operation: "CREATE", object: csr("kubernetes.io/kube-apiserver-client") },
    allowed: [],
    message: "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed",
  },
])("of $what is said: $message", async ({ plugin, request, allowed, message }) => {
  const certificateSubject = () => ({ commonName: "", organizations: ["system:masters"] });
  const about = { group: "certificates.k8s.io", resource: "certificatesigningrequests", name: "r" };
  const answer = await run(
    plugin,
    { operation: "UPDATE", ...about, ...request },
    { ...allowing(...allowed), certificateSubject },
  );
  expect(answer.replace(/^.* is forbidden: /, "")).toBe(message);
});

test("new external addresses are denied, old ones may stay", async () => {
  const service = (...externalIPs: string[]) => ({ metadata: { name: "s" }, spec: { externalIPs } });
  const update = { operation: "UPDATE" as const, resource: "services", oldObject: service("1.1.1.1") };
  expect(await run(denyServiceExternalIPs, { ...update, object: service("1.1.1.1") })).toBe("");
  expect(await run(denyServiceExternalIPs, { ...update, object: service("2.2.2.2") })).toMatch(/is denied/);
});

test.each<{ allowed: string[]; block: boolean; message: RegExp }>([
  { allowed: [], block: false, message: /cannot set an ownerRef on a resource you can't delete: because, <nil>$/ },
  { allowed: ["delete p"], block: false, message: /^$/ },
  { allowed: ["delete p"], block: true, message: /cannot set blockOwnerDeletion if an ownerReference refers to/ },
  { allowed: ["delete p", "update o"], block: true, message: /^$/ },
])("who may $allowed and blocks deletion $block: $message", async ({ allowed, block, message }) => {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "o", uid: "1", blockOwnerDeletion: block };
  const object = { metadata: { name: "p", ownerReferences: [owner] } };
  const request = { operation: "UPDATE" as const, object, oldObject: { metadata: { name: "p" } } };
  const resourcesOf = () => [{ resource: "replicasets", namespaced: true }];
  const answer = await run(ownerReferencesPermissionEnforcement, request, { ...allowing(...allowed), resourcesOf });
  expect(answer).toMatch(message);
});
