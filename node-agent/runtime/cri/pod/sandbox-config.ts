import type { Pod } from "../../../../openapi/api/core.v1.ts";
import { qosClassOf } from "../../../qos-class.ts";
import { type DnsConfig, PROTOCOL, type SandboxConfig } from "../api/types.ts";
import type { NodePaths } from "./paths.ts";
import { sandboxSecurity } from "./security-context.ts";

/** Labels by which sandboxes and containers are found again after a restart. (pkg/kubelet/kuberuntime/labels.go) */
export const LABEL = {
  podName: "io.kubernetes.pod.name",
  podNamespace: "io.kubernetes.pod.namespace",
  podUid: "io.kubernetes.pod.uid",
  containerName: "io.kubernetes.container.name",
} as const;

export function podLabels({ metadata }: Pod): Record<string, string> {
  return {
    [LABEL.podName]: metadata.name ?? "",
    [LABEL.podNamespace]: metadata.namespace ?? "",
    [LABEL.podUid]: metadata.uid ?? "",
  };
}

/** Cgroup of a Pod below the node's. (pkg/kubelet/cm/pod_container_manager_linux.go) @param root starts with a slash */
export function podCgroup(pod: Pod, root: string): string {
  const qos = qosClassOf(pod);
  const tier = qos === "Guaranteed" ? "" : `/${qos.toLowerCase()}`;
  return `${root}/kubepods${tier}/pod${pod.metadata.uid}`;
}

export interface SandboxFacts {
  readonly hostname: string;
  readonly dns: DnsConfig;
  readonly paths: NodePaths;
  readonly cgroupRoot: string;
  /** Sandboxes that the Pod had before. */
  readonly attempt: number;
}

/** What a Pod's containers share, as the runtime is told. (kuberuntime_sandbox.go generatePodSandboxConfig) */
export function sandboxConfig(pod: Pod, { hostname, dns, paths, cgroupRoot, attempt }: SandboxFacts): SandboxConfig {
  const { metadata, spec } = pod;
  const { name = "", namespace = "", uid = "" } = metadata;
  const ports = (spec.containers ?? []).flatMap((container) => container.ports ?? []);
  return {
    metadata: { name, namespace, uid, attempt },
    // A Pod in the node's network has the node's name too.
    hostname: spec.hostNetwork ? "" : hostname,
    logDirectory: paths.podLogs(pod),
    dnsConfig: dns,
    portMappings: ports.map(({ protocol = "TCP", containerPort, hostPort, hostIP }) => ({
      protocol: PROTOCOL[protocol] ?? 0,
      containerPort,
      ...(hostPort && { hostPort }),
      ...(hostIP && { hostIp: hostIP }),
    })),
    labels: { ...metadata.labels, ...podLabels(pod) },
    annotations: metadata.annotations ?? {},
    linux: {
      cgroupParent: podCgroup(pod, cgroupRoot),
      sysctls: Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
      securityContext: sandboxSecurity(pod),
    },
  };
}
