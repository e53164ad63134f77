import type { Lister } from "../client/index.ts";
import type { Service } from "../openapi/api/core.v1.ts";

/** Variables that announce Services to containers, as Docker links once did. (pkg/kubelet/envvars/envvars.go) */
export function serviceVariables(services: Lister<Service>, namespace: string, all: boolean): Record<string, string> {
  const result: Record<string, string> = {};
  const master = services.get("default/kubernetes");
  const own = all ? services.byNamespace(namespace) : [];
  for (const { metadata, spec } of new Set([...(master ? [master] : []), ...own])) {
    const ip = spec.clusterIP;
    const first = spec.ports?.[0];
    if (!ip || ip === "None" || !first) continue;
    const prefix = (metadata.name ?? "").toUpperCase().replaceAll("-", "_");
    const host = ip.includes(":") ? `[${ip}]` : ip;
    result[`${prefix}_SERVICE_HOST`] = ip;
    result[`${prefix}_SERVICE_PORT`] = String(first.port);
    for (const { name, port } of spec.ports ?? []) {
      if (name) result[`${prefix}_SERVICE_PORT_${name.toUpperCase().replaceAll("-", "_")}`] = String(port);
    }
    const url = (port: number, protocol = "TCP") => `${protocol.toLowerCase()}://${host}:${port}`;
    result[`${prefix}_PORT`] = url(first.port, first.protocol);
    for (const { port, protocol = "TCP" } of spec.ports ?? []) {
      const base = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
      result[base] = url(port, protocol);
      result[`${base}_PROTO`] = protocol.toLowerCase();
      result[`${base}_PORT`] = String(port);
      result[`${base}_ADDR`] = ip;
    }
  }
  return result;
}
