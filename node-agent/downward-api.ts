import { quantity } from "../client/index.ts";
import type { Pod, ResourceFieldSelector } from "../openapi/api/core.v1.ts";

export interface DownwardSources {
  readonly nodeName: string;
  readonly hostIPs: readonly string[];
  readonly podIPs: readonly string[];
}

/** Go's %q of a value, as label files have it. */
const lines = (map: Record<string, string> | undefined) =>
  Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join("\n");

/** The value of a fieldRef. (pkg/fieldpath and kubelet_pods.go podFieldSelectorRuntimeValue) */
export function fieldValue(path: string, { metadata, spec }: Pod, sources: DownwardSources): string {
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed) return metadata[keyed[1] as "labels" | "annotations"]?.[keyed[2] ?? ""] ?? "";
  const ips = spec.hostNetwork ? sources.hostIPs : sources.podIPs;
  switch (path) {
    case "metadata.name":
      return metadata.name ?? "";
    case "metadata.namespace":
      return metadata.namespace ?? "";
    case "metadata.uid":
      return metadata.uid ?? "";
    case "metadata.labels":
      return lines(metadata.labels);
    case "metadata.annotations":
      return lines(metadata.annotations);
    case "spec.nodeName":
      return sources.nodeName;
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "";
    case "status.hostIP":
      return sources.hostIPs[0] ?? "";
    case "status.hostIPs":
      return sources.hostIPs.join(",");
    case "status.podIP":
      return ips[0] ?? "";
    case "status.podIPs":
      return ips.join(",");
    default:
      throw new Error(`unsupported fieldPath: ${path}`);
  }
}

/** The value of a resourceFieldRef; a limit that is not set is what the node has. (pkg/api/v1/resource) */
export function resourceFieldValue(
  { resource, containerName, divisor }: ResourceFieldSelector,
  { spec }: Pod,
  ownName: string,
  allocatable: Readonly<Record<string, string>>,
): string {
  const name = containerName || ownName;
  const container = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].find(
    (candidate) => candidate.name === name,
  );
  if (!container) throw new Error(`container ${name} not found`);
  const [list, ...rest] = resource.split(".");
  const what = rest.join(".");
  const set = container.resources?.[list as "limits" | "requests"]?.[what];
  const amount = quantity(set ?? (list === "limits" ? (allocatable[what] ?? "0") : "0"));
  const unit = divisor && quantity(divisor) > 0 ? quantity(divisor) : 1;
  return String(Math.ceil(amount / unit - 1e-9));
}
