import type * as admission from "../openapi/api/admissionregistration.k8s.io.v1.ts";
import type * as apiextensions from "../openapi/api/apiextensions.k8s.io.v1.ts";
import type * as apiregistration from "../openapi/api/apiregistration.k8s.io.v1.ts";
import type * as apps from "../openapi/api/apps.v1.ts";
import type * as autoscaling from "../openapi/api/autoscaling.v2.ts";
import type * as batch from "../openapi/api/batch.v1.ts";
import type * as certificates from "../openapi/api/certificates.k8s.io.v1.ts";
import type * as coordination from "../openapi/api/coordination.k8s.io.v1.ts";
import type * as core from "../openapi/api/core.v1.ts";
import type * as discovery from "../openapi/api/discovery.k8s.io.v1.ts";
import type * as events from "../openapi/api/events.k8s.io.v1.ts";
import type { ObjectMeta } from "../openapi/api/meta.k8s.io.v1.ts";
import type * as networking from "../openapi/api/networking.k8s.io.v1.ts";
import type * as policy from "../openapi/api/policy.v1.ts";
import type * as rbac from "../openapi/api/rbac.authorization.k8s.io.v1.ts";
import type * as resource from "../openapi/api/resource.k8s.io.v1.ts";
import type * as scheduling from "../openapi/api/scheduling.k8s.io.v1.ts";
import type * as storage from "../openapi/api/storage.k8s.io.v1.ts";

/** Any object of the API as it is on the wire: plain JSON, times as strings. */
export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** The types of the resources that components name: `group/version/resource`, the core group without a group. */
export interface ResourceTypes {
  "v1/pods": core.Pod;
  "v1/nodes": core.Node;
  "v1/namespaces": core.Namespace;
  "v1/services": core.Service;
  "v1/endpoints": core.Endpoints;
  "v1/events": core.Event;
  "v1/secrets": core.Secret;
  "v1/configmaps": core.ConfigMap;
  "v1/serviceaccounts": core.ServiceAccount;
  "v1/replicationcontrollers": core.ReplicationController;
  "v1/persistentvolumes": core.PersistentVolume;
  "v1/persistentvolumeclaims": core.PersistentVolumeClaim;
  "v1/resourcequotas": core.ResourceQuota;
  "v1/limitranges": core.LimitRange;
  "apps/v1/deployments": apps.Deployment;
  "apps/v1/replicasets": apps.ReplicaSet;
  "apps/v1/daemonsets": apps.DaemonSet;
  "apps/v1/statefulsets": apps.StatefulSet;
  "apps/v1/controllerrevisions": apps.ControllerRevision;
  "batch/v1/jobs": batch.Job;
  "batch/v1/cronjobs": batch.CronJob;
  "autoscaling/v2/horizontalpodautoscalers": autoscaling.HorizontalPodAutoscaler;
  "policy/v1/poddisruptionbudgets": policy.PodDisruptionBudget;
  "rbac.authorization.k8s.io/v1/clusterroles": rbac.ClusterRole;
  "rbac.authorization.k8s.io/v1/clusterrolebindings": rbac.ClusterRoleBinding;
  "rbac.authorization.k8s.io/v1/roles": rbac.Role;
  "rbac.authorization.k8s.io/v1/rolebindings": rbac.RoleBinding;
  "coordination.k8s.io/v1/leases": coordination.Lease;
  "discovery.k8s.io/v1/endpointslices": discovery.EndpointSlice;
  "events.k8s.io/v1/events": events.Event;
  "networking.k8s.io/v1/ingresses": networking.Ingress;
  "networking.k8s.io/v1/ipaddresses": networking.IPAddress;
  "networking.k8s.io/v1/networkpolicies": networking.NetworkPolicy;
  "networking.k8s.io/v1/servicecidrs": networking.ServiceCIDR;
  "storage.k8s.io/v1/storageclasses": storage.StorageClass;
  "storage.k8s.io/v1/csinodes": storage.CSINode;
  "storage.k8s.io/v1/csidrivers": storage.CSIDriver;
  "storage.k8s.io/v1/csistoragecapacities": storage.CSIStorageCapacity;
  "storage.k8s.io/v1/volumeattachments": storage.VolumeAttachment;
  "storage.k8s.io/v1/volumeattributesclasses": storage.VolumeAttributesClass;
  "scheduling.k8s.io/v1/priorityclasses": scheduling.PriorityClass;
  "certificates.k8s.io/v1/certificatesigningrequests": certificates.CertificateSigningRequest;
  "apiextensions.k8s.io/v1/customresourcedefinitions": apiextensions.CustomResourceDefinition;
  "apiregistration.k8s.io/v1/apiservices": apiregistration.APIService;
  "admissionregistration.k8s.io/v1/validatingadmissionpolicies": admission.ValidatingAdmissionPolicy;
  "resource.k8s.io/v1/resourceclaims": resource.ResourceClaim;
  "resource.k8s.io/v1/resourceclaimtemplates": resource.ResourceClaimTemplate;
  "resource.k8s.io/v1/resourceslices": resource.ResourceSlice;
  "resource.k8s.io/v1/deviceclasses": resource.DeviceClass;
}

/** The type of a resource's objects; a resource that is not in the table has any object. */
export type ObjectOf<R extends string> = R extends keyof ResourceTypes ? ResourceTypes[R] : ApiObject;

/** A resource name such as `apps/v1/deployments`, taken apart. */
export interface ResourcePath {
  group: string;
  version: string;
  resource: string;
}

/** Takes `apps/v1/deployments` or `v1/pods` apart. */
export function parseResource(name: string): ResourcePath {
  const [first = "", second = "", third] = name.split("/");
  return third === undefined
    ? { group: "", version: first, resource: second }
    : { group: first, version: second, resource: third };
}

/** `apiVersion` of a resource's objects. */
export function apiVersionOf({ group, version }: ResourcePath): string {
  return group ? `${group}/${version}` : version;
}

/** Below /api or /apis; without a namespace it names all namespaces' objects, or a cluster-scoped resource. */
export function pathOf(name: string, where: { namespace?: string; name?: string; subresource?: string } = {}): string {
  const path = parseResource(name);
  return [
    path.group ? "/apis" : "/api",
    apiVersionOf(path),
    ...(where.namespace ? ["namespaces", encodeURIComponent(where.namespace)] : []),
    path.resource,
    ...(where.name ? [encodeURIComponent(where.name)] : []),
    ...(where.subresource ? [where.subresource] : []),
  ].join("/");
}

/** `namespace/name`, or `name` of a cluster-scoped object. */
export type Key = string;

/** The key of an object. */
export function keyOf({ metadata }: ApiObject): Key {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : (metadata.name ?? "");
}

/** A key's two parts; `namespace` is "" for cluster-scoped objects. */
export function splitKey(key: Key): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return slash < 0 ? { namespace: "", name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
