/**
 * A small object of every built-in kind that can be created, as a user would write it: what is not here, defaults fill
 * in. Names are left to the tests.
 */
import type { Json } from "./http.ts";

/** An object to create, and where. */
export interface Sample {
  readonly apiVersion: string;
  readonly kind: string;
  /** Of its collection, with the group version, for example `apps/v1/deployments`; the core group is `v1/pods`. */
  readonly resource: string;
  readonly namespaced: boolean;
  /** Without apiVersion, kind and name. */
  readonly object: Json;
}

/** Where namespaced samples belong. */
export const namespace = "every-kind";
const container = { name: "main", image: "nginx:1.27" };
const template = { metadata: { labels: { app: "sample" } }, spec: { containers: [container] } };
const selector = { matchLabels: { app: "sample" } };
const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];
const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
const subjects = [{ kind: "User", name: "ann", apiGroup: "rbac.authorization.k8s.io" }];
const webhook = {
  name: "a.example.com",
  clientConfig: { url: "https://127.0.0.1:9/hook" },
  admissionReviewVersions: ["v1"],
  sideEffects: "None",
  rules: [{ apiGroups: ["example.com"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["widgets"] }],
};
const matchConstraints = {
  resourceRules: [{ apiGroups: ["example.com"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["widgets"] }],
};
/** Signed by a key that nobody has any more. */
const certificateRequest =
  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISU1IQUNBUUF3RGpFTU1Bb0dBMVVFQXd3RFlXNXVNRmt3RXdZ" +
  "SEtvWkl6ajBDQVFZSUtvWkl6ajBEQVFjRApRZ0FFVXZKMUgrcGZvUytoTGlyWFErN1M1Qm1pcFZ5eWxYRmR0cjVtc1BYbEhyVm5s" +
  "dEptTGF2Rm8yR1pGSndvCmtiVWgrMW9xS2xVNVVIMGcwME4rckJzbzZxQUFNQW9HQ0NxR1NNNDlCQU1DQTBnQU1FVUNJUUM4cXZX" +
  "dzNkOGMKLzdCeW91YTlKRG5yKzBFbUc1czJpZ3RXY3JBSXdhRm5yUUlnYjJoeTlFbUF6RkNadVFhekxMNGd1U2tjU01ZNAprdktV" +
  "NjJlbk0xR003SG89Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=";
const claimSpec = { devices: { requests: [{ name: "one", exactly: { deviceClassName: "sample" } }] } };

const NAMESPACED: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  "v1/configmaps": { ConfigMap: { data: { key: "value" }, binaryData: { raw: "AAE=" } } },
  "v1/endpoints": { Endpoints: { subsets: [{ addresses: [{ ip: "10.1.2.3" }], ports: [{ port: 80 }] }] } },
  "v1/limitranges": { LimitRange: { spec: { limits: [{ type: "Container", max: { cpu: "64" } }] } } },
  "v1/persistentvolumeclaims": {
    PersistentVolumeClaim: {
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, storageClassName: "none" },
    },
  },
  "v1/pods": { Pod: { spec: { containers: [container] } } },
  "v1/podtemplates": { PodTemplate: { template } },
  "v1/replicationcontrollers": { ReplicationController: { spec: { selector: { app: "sample" }, template } } },
  "v1/resourcequotas": { ResourceQuota: { spec: { hard: { "count/widgets.example.com": "5" } } } },
  "v1/secrets": { Secret: { data: { password: "c2VjcmV0" } } },
  "v1/serviceaccounts": { ServiceAccount: { automountServiceAccountToken: false } },
  "v1/services": { Service: { spec: { selector: { app: "sample" }, ports: [{ port: 80 }] } } },
  "apps/v1/controllerrevisions": { ControllerRevision: { revision: 3, data: { a: 1 } } },
  "apps/v1/daemonsets": { DaemonSet: { spec: { selector, template } } },
  "apps/v1/deployments": { Deployment: { spec: { selector, template } } },
  "apps/v1/replicasets": { ReplicaSet: { spec: { selector, template } } },
  "apps/v1/statefulsets": { StatefulSet: { spec: { serviceName: "sample", selector, template } } },
  "autoscaling/v2/horizontalpodautoscalers": {
    HorizontalPodAutoscaler: {
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "sample" } },
    },
  },
  "batch/v1/cronjobs": {
    CronJob: {
      spec: {
        schedule: "@yearly",
        suspend: true,
        jobTemplate: { spec: { template: { spec: { containers: [container], restartPolicy: "Never" } } } },
      },
    },
  },
  "batch/v1/jobs": { Job: { spec: { template: { spec: { containers: [container], restartPolicy: "Never" } } } } },
  "coordination.k8s.io/v1/leases": { Lease: { spec: { holderIdentity: "me", leaseDurationSeconds: 15 } } },
  "discovery.k8s.io/v1/endpointslices": {
    EndpointSlice: { addressType: "IPv4", endpoints: [{ addresses: ["10.1.2.3"] }], ports: [{ port: 80 }] },
  },
  "events.k8s.io/v1/events": {
    Event: {
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "example.com/sample",
      reportingInstance: "one",
      action: "Trying",
      reason: "Tried",
      type: "Normal",
      regarding: { kind: "Pod", name: "sample", namespace },
    },
  },
  "networking.k8s.io/v1/ingresses": {
    Ingress: { spec: { defaultBackend: { service: { name: "sample", port: { number: 80 } } } } },
  },
  "networking.k8s.io/v1/networkpolicies": { NetworkPolicy: { spec: { podSelector: {}, ingress: [{}] } } },
  "policy/v1/poddisruptionbudgets": { PodDisruptionBudget: { spec: { minAvailable: 1, selector } } },
  "rbac.authorization.k8s.io/v1/rolebindings": { RoleBinding: { roleRef, subjects } },
  "rbac.authorization.k8s.io/v1/roles": { Role: { rules } },
  "resource.k8s.io/v1/resourceclaims": { ResourceClaim: { spec: claimSpec } },
  "resource.k8s.io/v1/resourceclaimtemplates": { ResourceClaimTemplate: { spec: { spec: claimSpec } } },
  "storage.k8s.io/v1/csistoragecapacities": { CSIStorageCapacity: { storageClassName: "sample", capacity: "1Gi" } },
};

const CLUSTER: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  "v1/namespaces": { Namespace: {} },
  "v1/nodes": { Node: { spec: { unschedulable: true } } },
  "v1/persistentvolumes": {
    PersistentVolume: {
      spec: { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, hostPath: { path: "/tmp/sample" } },
    },
  },
  "admissionregistration.k8s.io/v1/mutatingadmissionpolicies": {
    MutatingAdmissionPolicy: {
      spec: {
        matchConstraints,
        reinvocationPolicy: "Never",
        mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression: "Object{}" } }],
      },
    },
  },
  "admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings": {
    MutatingAdmissionPolicyBinding: { spec: { policyName: "sample" } },
  },
  "admissionregistration.k8s.io/v1/mutatingwebhookconfigurations": {
    MutatingWebhookConfiguration: { webhooks: [webhook] },
  },
  "admissionregistration.k8s.io/v1/validatingadmissionpolicies": {
    ValidatingAdmissionPolicy: { spec: { matchConstraints, validations: [{ expression: "true" }] } },
  },
  "admissionregistration.k8s.io/v1/validatingadmissionpolicybindings": {
    ValidatingAdmissionPolicyBinding: { spec: { policyName: "sample", validationActions: ["Deny"] } },
  },
  "admissionregistration.k8s.io/v1/validatingwebhookconfigurations": {
    ValidatingWebhookConfiguration: { webhooks: [webhook] },
  },
  "certificates.k8s.io/v1/certificatesigningrequests": {
    CertificateSigningRequest: {
      spec: { request: certificateRequest, signerName: "example.com/sample", usages: ["client auth"] },
    },
  },
  "flowcontrol.apiserver.k8s.io/v1/flowschemas": {
    FlowSchema: { spec: { priorityLevelConfiguration: { name: "workload-low" }, matchingPrecedence: 9000 } },
  },
  "flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations": {
    PriorityLevelConfiguration: { spec: { type: "Limited", limited: { limitResponse: { type: "Reject" } } } },
  },
  "networking.k8s.io/v1/ingressclasses": { IngressClass: { spec: { controller: "example.com/sample" } } },
  "node.k8s.io/v1/runtimeclasses": { RuntimeClass: { handler: "runc" } },
  "rbac.authorization.k8s.io/v1/clusterrolebindings": { ClusterRoleBinding: { roleRef, subjects } },
  "rbac.authorization.k8s.io/v1/clusterroles": { ClusterRole: { rules } },
  "resource.k8s.io/v1/deviceclasses": {
    DeviceClass: { spec: { selectors: [{ cel: { expression: 'device.driver == "example.com"' } }] } },
  },
  "resource.k8s.io/v1/resourceslices": {
    ResourceSlice: {
      spec: { driver: "example.com", nodeName: "one", pool: { name: "p", generation: 1, resourceSliceCount: 1 } },
    },
  },
  "scheduling.k8s.io/v1/priorityclasses": { PriorityClass: { value: 7 } },
  "storage.k8s.io/v1/csidrivers": { CSIDriver: { spec: { attachRequired: false } } },
  "storage.k8s.io/v1/csinodes": { CSINode: { spec: { drivers: [{ name: "example.com", nodeID: "one" }] } } },
  "storage.k8s.io/v1/storageclasses": { StorageClass: { provisioner: "example.com/sample" } },
  "storage.k8s.io/v1/volumeattachments": {
    VolumeAttachment: {
      spec: { attacher: "example.com", nodeName: "one", source: { persistentVolumeName: "sample" } },
    },
  },
  "storage.k8s.io/v1/volumeattributesclasses": {
    VolumeAttributesClass: { driverName: "example.com", parameters: { tier: "fast" } },
  },
};

function list(kinds: typeof CLUSTER, namespaced: boolean): Sample[] {
  return Object.entries(kinds).flatMap(([resource, byKind]) =>
    Object.entries(byKind).map(([kind, object]) => ({
      apiVersion: resource.slice(0, resource.lastIndexOf("/")),
      kind,
      resource,
      namespaced,
      object,
    })),
  );
}

/** A sample of every kind. */
export const samples: readonly Sample[] = [...list(NAMESPACED, true), ...list(CLUSTER, false)];
