import type {
  ComponentStatus,
  ConfigMap,
  Endpoints,
  Event,
  Namespace,
  Node,
  ReplicationController,
  ResourceQuota,
  Secret,
} from "../../../openapi/api/core.v1.ts";
import type { Event as NewEvent } from "../../../openapi/api/events.k8s.io.v1.ts";
import { getMember } from "../../meta/members.ts";
import { type Cells, containerImages, containerNames, formatLabels, type Printers, since } from "./cells.ts";

const entries = (map: object | undefined) => Object.keys(map ?? {}).length;

export const corePrinters: Printers = {
  "/componentstatuses": {
    Status: (object: ComponentStatus) => {
      const status = healthy(object)?.status;
      return status === undefined ? "Unknown" : status === "True" ? "Healthy" : "Unhealthy";
    },
    Message: (object: ComponentStatus) => healthy(object)?.message ?? "",
    Error: (object: ComponentStatus) => healthy(object)?.error ?? "",
  },
  "/configmaps": { Data: ({ data, binaryData }: ConfigMap) => entries(data) + entries(binaryData) },
  "/endpoints": { Endpoints: endpointsText },
  "/namespaces": { Status: ({ status }: Namespace) => status?.phase ?? "" },
  "/nodes": {
    Status: nodeStatus,
    Roles: (node: Node) => nodeRoles(node).join(",") || "<none>",
    Version: ({ status }: Node) => status?.nodeInfo?.kubeletVersion ?? "",
    "Internal-IP": (node: Node) => nodeAddress(node, "InternalIP"),
    "External-IP": (node: Node) => nodeAddress(node, "ExternalIP"),
    "OS-Image": ({ status }: Node) => status?.nodeInfo?.osImage || "<unknown>",
    "Kernel-Version": ({ status }: Node) => {
      const { kernelVersion, architecture } = status?.nodeInfo ?? {};
      return `${kernelVersion || "<unknown>"}${architecture ? ` (${architecture})` : ""}`;
    },
    "Container-Runtime": ({ status }: Node) => status?.nodeInfo?.containerRuntimeVersion || "<unknown>",
  },
  "/replicationcontrollers": {
    Desired: ({ spec }: ReplicationController) => spec?.replicas ?? 0,
    Current: ({ status }: ReplicationController) => status?.replicas ?? 0,
    Ready: ({ status }: ReplicationController) => status?.readyReplicas ?? 0,
    Containers: ({ spec }: ReplicationController) => containerNames(spec?.template?.spec?.containers),
    Images: ({ spec }: ReplicationController) => containerImages(spec?.template?.spec?.containers),
    Selector: ({ spec }: ReplicationController) => formatLabels(spec?.selector),
  },
  "/resourcequotas": {
    Request: (quota: ResourceQuota) => quotaText(quota, false),
    Limit: (quota: ResourceQuota) => quotaText(quota, true),
  },
  "/secrets": {
    Type: ({ type }: Secret) => type ?? "",
    Data: ({ data }: Secret) => entries(data),
  },
  "/events": eventCells(),
  "events.k8s.io/events": newEventCells(),
};

function healthy({ conditions }: ComponentStatus) {
  return conditions?.find(({ type }) => type === "Healthy");
}

/** The first three, `ip:port` or just `ip` of headless ones. */
function endpointsText({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return "<none>";
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip.includes(":") ? `[${ip}]` : ip}:${port}`)),
  );
  const shown = all.slice(0, 3).join(",");
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}

function nodeStatus({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const text = ready ? (ready.status === "True" ? "Ready" : "NotReady") : "Unknown";
  return spec?.unschedulable ? `${text},SchedulingDisabled` : text;
}

const ROLE_PREFIX = "node-role.kubernetes.io/";

function nodeRoles({ metadata }: Node): string[] {
  const roles = Object.entries(metadata?.labels ?? {}).map(([key, value]) =>
    key.startsWith(ROLE_PREFIX) ? key.slice(ROLE_PREFIX.length) : key === "kubernetes.io/role" ? value : "",
  );
  return [...new Set(roles.filter(Boolean))].sort();
}

function nodeAddress({ status }: Node, wanted: string): string {
  return status?.addresses?.find(({ type }) => type === wanted)?.address ?? "<none>";
}

function quotaText({ status }: ResourceQuota, limits: boolean): string {
  const { hard = {}, used = {} } = status ?? {};
  return Object.keys(hard)
    .sort()
    .filter((resource) => resource.startsWith("limits.") === limits)
    .map((resource) => `${resource}: ${getMember(used, resource) ?? "0"}/${hard[resource]}`)
    .join(", ");
}

function eventCells(): Cells<Event> {
  const first = ({ firstTimestamp, eventTime }: Event) => firstTimestamp ?? eventTime;
  return {
    "Last Seen": (event, now) =>
      since(event.series ? event.series.lastObservedTime : (event.lastTimestamp ?? first(event)), now),
    Type: ({ type = "" }) => type,
    Reason: ({ reason = "" }) => reason,
    Object: ({ involvedObject: { kind = "", name } }) => `${kind.toLowerCase()}${name ? `/${name}` : ""}`,
    Subobject: ({ involvedObject }) => involvedObject.fieldPath ?? "",
    Source: ({ source, reportingComponent, reportingInstance }) =>
      sourceText(source?.component || reportingComponent, source?.host || reportingInstance),
    Message: ({ message = "" }) => message.trim(),
    "First Seen": (event, now) => since(first(event), now),
    Count: ({ series, count }) => (series ? (series.count ?? 0) : count || 1),
  };
}

/** The same columns from the same object under its new names. */
function newEventCells(): Cells<NewEvent> {
  const first = ({ deprecatedFirstTimestamp, eventTime }: NewEvent) => deprecatedFirstTimestamp ?? eventTime;
  return {
    "Last Seen": (event, now) =>
      since(event.series ? event.series.lastObservedTime : (event.deprecatedLastTimestamp ?? first(event)), now),
    Type: ({ type = "" }) => type,
    Reason: ({ reason = "" }) => reason,
    Object: ({ regarding: { kind = "", name } = {} }) => `${kind.toLowerCase()}${name ? `/${name}` : ""}`,
    Subobject: ({ regarding }) => regarding?.fieldPath ?? "",
    Source: ({ deprecatedSource, reportingController, reportingInstance }) =>
      sourceText(deprecatedSource?.component || reportingController, deprecatedSource?.host || reportingInstance),
    Message: ({ note = "" }) => note.trim(),
    "First Seen": (event, now) => since(first(event), now),
    Count: ({ series, deprecatedCount }) => (series ? (series.count ?? 0) : deprecatedCount || 1),
  };
}

function sourceText(component = "", instance = ""): string {
  return instance ? `${component}, ${instance}` : component;
}
