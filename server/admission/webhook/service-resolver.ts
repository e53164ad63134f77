import type { Service } from "../../../openapi/api/core.v1.ts";
import { goQuote } from "../../meta/go-quote.ts";
import type { ObjectReader } from "../plugin.ts";

/** Where to connect to for a Service. @throws Error in upstream's words */
export type ResolveService = (namespace: string, name: string, port: number) => { host: string; port: number };

const SERVICES = { group: "", resource: "services" };
const ROUTED = ["ClusterIP", "NodePort", "LoadBalancer"];

/** To the Service's own address, as if the proxy of this machine knew it. (apiserver/pkg/util/proxy ResolveCluster) */
export function clusterAddress(reader: ObjectReader): ResolveService {
  return (namespace, name, port) => {
    const service = reader.get<Service>(SERVICES, namespace, name);
    if (!service) throw new Error(`service ${goQuote(name)} not found`);
    const { type = "ClusterIP", clusterIP = "", externalName = "", ports = [] } = service.spec;
    if (type === "ExternalName") return { host: externalName, port };
    if (!ROUTED.includes(type)) throw new Error(`unsupported service type ${goQuote(type)}`);
    if (type === "ClusterIP" && clusterIP === "None") throw new Error('cannot route to service with ClusterIP "None"');
    if (!ports.some((each) => each.port === port)) {
      throw new Error(`no service port ${port} found for service ${goQuote(name)}`);
    }
    return { host: clusterIP, port };
  };
}
