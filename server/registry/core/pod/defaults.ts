import type {
  Container,
  ContainerStatus,
  LifecycleHandler,
  Pod,
  PodSpec,
  PodStatus,
  PodTemplateSpec,
  Probe,
} from "../../../../openapi/api/core.v1.ts";
import type { ObjectMeta } from "../../../../openapi/api/meta.k8s.io.v1.ts";
import { isGiven, rememberEmpty } from "../../../../openapi/given-empty.ts";
import { defaultPullPolicy } from "./image-reference.ts";
import {
  aggregateContainers,
  isHugePages,
  isOvercommitAllowed,
  isPodLevelResource,
  type ResourceList,
  roundRequirements,
  roundResources,
} from "./resource-lists.ts";
import { defaultVolume } from "./volume-defaults.ts";

/** Annotations of long ago that the conversion drops, so that no old kubelet heeds them. */
const INIT_CONTAINER_ANNOTATIONS = ["init-containers", "init-container-statuses"].flatMap((name) => [
  `pod.beta.kubernetes.io/${name}`,
  `pod.alpha.kubernetes.io/${name}`,
]);

/** What a Pod gets besides its spec's own defaults. (SetDefaults_Pod of pkg/apis/core/v1) */
export function defaultPod(pod: Pod): void {
  pod.spec ??= {};
  const { spec } = pod;
  for (const { resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    if (resources?.limits) resources.requests = { ...resources.limits, ...resources.requests };
    else if (resources && isGiven(resources, "limits") && !resources.requests) rememberEmpty(resources, "requests", {});
  }
  defaultPodResources(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) {
    const ports = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap((c) => c.ports ?? []);
    for (const port of ports) if (!port.hostPort && port.containerPort) port.hostPort = port.containerPort;
  }
  defaultPodSpec(spec);
  dropInitContainerAnnotations(pod.metadata);
  // Only of Pods: templates keep what they say.
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
  const { status } = pod;
  if (!status) return;
  for (const list of [status.initContainerStatuses, status.containerStatuses, status.ephemeralContainerStatuses]) {
    for (const container of list ?? []) roundStatus(container);
  }
  roundResources(status.allocatedResources);
  roundRequirements(status.resources);
  syncPodIPs(status);
}

/** `podIP` is `podIPs[0]`, and wins for the sake of old kubelets. (pkg/apis/core/v1/conversion.go) */
function syncPodIPs(status: PodStatus): void {
  const { podIP } = status;
  if (podIP && podIP !== status.podIPs?.[0]?.ip) status.podIPs = [{ ip: podIP }];
  else if (status.podIPs?.[0]?.ip) status.podIP = status.podIPs[0].ip;
}

function dropInitContainerAnnotations(metadata: ObjectMeta | undefined): void {
  if (!metadata?.annotations) return;
  for (const name of INIT_CONTAINER_ANNOTATIONS) delete metadata.annotations[name];
}

function roundStatus({ allocatedResources, resources }: ContainerStatus): void {
  roundResources(allocatedResources);
  roundRequirements(resources);
}

export function defaultPodTemplate(template: PodTemplateSpec | undefined): void {
  if (!template) return;
  template.spec ??= {};
  dropInitContainerAnnotations(template.metadata);
  defaultPodSpec(template.spec);
}

/** Of Pods and templates alike. (SetDefaults_PodSpec and what zz_generated.defaults calls below it) */
export function defaultPodSpec(spec: PodSpec): void {
  spec.dnsPolicy ||= "ClusterFirst";
  spec.restartPolicy ||= "Always";
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ||= "default-scheduler";
  // The old name of the field is kept in step by the conversion. (pkg/apis/core/v1/conversion.go)
  if (spec.serviceAccountName || spec.serviceAccount) {
    spec.serviceAccountName ||= spec.serviceAccount;
    if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  }
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  // The cast: ephemeral containers have all fields of containers.
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container as Container);
  roundResources(spec.overhead);
  roundRequirements(spec.resources);
}

function defaultContainer(container: Container): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image);
  container.terminationMessagePath ||= "/dev/termination-log";
  container.terminationMessagePolicy ||= "File";
  for (const port of container.ports ?? []) port.protocol ||= "TCP";
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= "v1";
    if (valueFrom?.fileKeyRef) valueFrom.fileKeyRef.optional ??= false;
  }
  roundRequirements(container.resources);
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) defaultProbe(probe);
  defaultHttpGet(container.lifecycle?.postStart);
  defaultHttpGet(container.lifecycle?.preStop);
}

function defaultProbe(probe: Probe | undefined): void {
  if (!probe) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  defaultHttpGet(probe);
  if (probe.grpc) probe.grpc.service ??= "";
}

function defaultHttpGet(handler: Pick<LifecycleHandler, "httpGet"> | undefined): void {
  if (!handler?.httpGet) return;
  handler.httpGet.path ||= "/";
  handler.httpGet.scheme ||= "HTTP";
}

/** Resources of the Pod as a whole, from its containers'. */
export function defaultPodResources(spec: PodSpec): void {
  defaultHugePageLimits(spec);
  defaultPodRequests(spec);
}

/** Limits of huge pages of the Pod as a whole, from its containers. */
function defaultHugePageLimits({ resources, ...spec }: PodSpec): void {
  if (!resources || (isEmpty(resources.limits) && isEmpty(resources.requests))) return;
  const limits: ResourceList = { ...resources.limits };
  for (const [name, amount] of Object.entries(aggregateContainers(spec, "limits"))) {
    if (isHugePages(name) && resources.requests?.[name] === undefined) limits[name] ??= amount;
  }
  if (!isEmpty(limits)) resources.limits = limits;
}

/** Requests of the Pod as a whole, from its containers and else from its limits. */
function defaultPodRequests({ resources, ...spec }: PodSpec): void {
  if (!resources || isEmpty(resources.limits)) return;
  const requests: ResourceList = { ...resources.requests };
  for (const [name, amount] of Object.entries(aggregateContainers(spec, "requests"))) {
    if (isPodLevelResource(name) && isOvercommitAllowed(name)) requests[name] ??= amount;
  }
  for (const [name, amount] of Object.entries(resources.limits ?? {})) {
    if (isPodLevelResource(name)) requests[name] ??= amount;
  }
  if (!isEmpty(requests)) resources.requests = requests;
}

function isEmpty(list: object | undefined): boolean {
  return Object.keys(list ?? {}).length === 0;
}
