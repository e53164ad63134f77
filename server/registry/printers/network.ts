import type { Service } from "../../../openapi/api/core.v1.ts";
import type { EndpointSlice } from "../../../openapi/api/discovery.k8s.io.v1.ts";
import type {
  Ingress,
  IngressClass,
  IPAddress,
  NetworkPolicy,
  ServiceCIDR,
} from "../../../openapi/api/networking.k8s.io.v1.ts";
import { formatLabelSelector } from "../../meta/labels.ts";
import { formatLabels, listWithMore, loadBalancerText, type Printers, since } from "./cells.ts";

export const networkPrinters: Printers = {
  "/services": {
    Type: ({ spec }: Service) => spec?.type ?? "",
    "Cluster-IP": ({ spec }: Service) => spec?.clusterIPs?.[0] ?? "<none>",
    "External-IP": externalIP,
    "Port(s)": ({ spec }: Service) =>
      (spec?.ports ?? [])
        .map(({ port, nodePort, protocol }) => `${port}${nodePort && nodePort > 0 ? `:${nodePort}` : ""}/${protocol}`)
        .join(",") || "<none>",
    Selector: ({ spec }: Service) => formatLabels(spec?.selector),
  },
  "discovery.k8s.io/endpointslices": {
    AddressType: ({ addressType }: EndpointSlice) => addressType,
    // A slice that was made without any has them as null.
    Ports: ({ ports }: EndpointSlice) =>
      listWithMore((ports ?? []).map(({ port, name }) => String(port ?? name ?? "*"))),
    Endpoints: ({ endpoints }: EndpointSlice) =>
      listWithMore((endpoints ?? []).flatMap(({ addresses }) => addresses ?? [])),
  },
  "networking.k8s.io/ingressclasses": {
    Name: ({ metadata }: IngressClass) =>
      `${metadata?.name}${metadata?.annotations?.["ingressclass.kubernetes.io/is-default-class"] === "true" ? " (default)" : ""}`,
    Controller: ({ spec }: IngressClass) => spec?.controller ?? "",
    Parameters: ({ spec }: IngressClass) => {
      if (!spec?.parameters) return "<none>";
      const { kind, apiGroup, name } = spec.parameters;
      return `${kind}${apiGroup === undefined ? "" : `.${apiGroup}`}/${name}`;
    },
  },
  "networking.k8s.io/ingresses": {
    Class: ({ spec }: Ingress) => spec?.ingressClassName ?? "<none>",
    Hosts: hosts,
    Address: ({ status }: Ingress) => loadBalancerText(status?.loadBalancer?.ingress),
    Ports: ({ spec }: Ingress) => (spec?.tls?.length ? "80, 443" : "80"),
  },
  "networking.k8s.io/ipaddresses": {
    ParentRef: ({ spec }: IPAddress) => {
      if (!spec?.parentRef) return "<none>";
      const { group, resource = "", namespace, name } = spec.parentRef;
      const qualified = `${resource}${group ? `.${group}` : ""}`.toLowerCase();
      return `${qualified}${namespace ? `/${namespace}` : ""}/${name ?? ""}`;
    },
    // Upstream prints the age and names no column for it.
    "": ({ metadata }: IPAddress, now) => since(metadata?.creationTimestamp, now),
  },
  "networking.k8s.io/networkpolicies": {
    "Pod-Selector": ({ spec }: NetworkPolicy) => formatLabelSelector(spec?.podSelector ?? {}),
  },
  "networking.k8s.io/servicecidrs": { CIDRs: ({ spec }: ServiceCIDR) => (spec?.cidrs ?? []).join(",") },
};

function externalIP({ spec, status }: Service): string {
  const externalIPs = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case "ClusterIP":
    case "NodePort":
      return externalIPs.join(",") || "<none>";
    case "LoadBalancer": {
      const addresses = loadBalancerText(status?.loadBalancer?.ingress);
      return [...(addresses ? [addresses] : []), ...externalIPs].join(",") || "<pending>";
    }
    case "ExternalName":
      return spec.externalName ?? "";
    default:
      return "<unknown>";
  }
}

function hosts({ spec }: Ingress): string {
  const all = (spec?.rules ?? []).map(({ host }) => host ?? "").filter(Boolean);
  if (all.length === 0) return "*";
  const shown = all.slice(0, 3).join(",");
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}
