import type { Endpoints, Service } from "../../../openapi/api/core.v1.ts";
import type { DialService } from "../../admission/webhook/client.ts";
import type { KubeletOptions } from "./kubelet.ts";
import { isSimulated, podDialer } from "./pod-network.ts";

const SERVICES = { group: "", resource: "services" };
const ENDPOINTS = { group: "", resource: "endpoints" };

/**
 * Reaches Services of simulated Pods: their addresses mean nothing to this machine, so one of the Pods behind is reached
 * directly. All others are routed by kube-proxy.
 */
export function serviceDialer(options: KubeletOptions & { readonly random: () => number }): DialService {
  const dialPod = podDialer(options);
  return (host, port) => {
    const [ip, podPort] = simulatedBackend(host, port, options) ?? [];
    return ip === undefined || podPort === undefined ? undefined : dialPod(ip, podPort);
  };
}

function simulatedBackend(
  host: string,
  port: number,
  options: KubeletOptions & { readonly random: () => number },
): [ip: string, port: number] | undefined {
  const { reader, random } = options;
  const service = reader.list<Service>(SERVICES, "").find(({ spec }) => spec.clusterIPs?.includes(host));
  const found = service?.spec.ports?.find((each) => each.port === port);
  if (!service || !found) return undefined;
  const { namespace = "", name = "" } = service.metadata;
  const backends = (reader.get<Endpoints>(ENDPOINTS, namespace, name)?.subsets ?? []).flatMap(
    ({ addresses = [], ports = [] }) => {
      const target = ports.find((each) => (each.name ?? "") === (found.name ?? ""))?.port;
      return target === undefined ? [] : addresses.map(({ ip }): [string, number] => [ip, target]);
    },
  );
  const chosen = backends[Math.floor(random() * backends.length)];
  return chosen && isSimulated(chosen[0], options) ? chosen : undefined;
}
