import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import type { EndpointAddress, Endpoints, Pod, Service } from "../../../openapi/api/core.v1.ts";
import { badRequest, notFound, serviceUnavailable } from "../../meta/errors.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { authorityOf } from "../../meta/network-error.ts";
import type { Connector, ConnectRequest } from "../handlers/connect.ts";
import { admitConnection } from "./admit.ts";
import { type Backend, secure } from "./backend.ts";
import type { ConnectOptions } from "./connect-options.ts";
import { proxyHttp } from "./http-proxy.ts";
import { kubeletOf } from "./kubelet.ts";
import { podOf } from "./pod-container.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const SERVICES = { group: "", resource: "services" };
const ENDPOINTS = { group: "", resource: "endpoints" };
const DEFAULT_PORTS = { http: 80, https: 443 };

/** pods/proxy, services/proxy and nodes/proxy. */
export function proxies(options: ConnectOptions): Connector[] {
  return [
    proxy("pods", "PodProxyOptions", podLocation, options),
    proxy("services", "ServiceProxyOptions", serviceLocation, options),
    proxy("nodes", "NodeProxyOptions", nodeLocation, options),
  ];
}

type Locate = (request: ConnectRequest, options: ConnectOptions) => Backend | Promise<Backend>;

function proxy(resource: string, kind: string, locate: Locate, options: ConnectOptions): Connector {
  return {
    group: "",
    resource,
    subresource: "proxy",
    methods: METHODS,
    takesPath: true,
    async connect(request) {
      const { ctx, path } = request;
      await admitConnection(options.admission, request, "proxy", kind, path ? { path } : {});
      await proxyHttp(ctx, await locate(request, options), path);
    },
  };
}

interface Address {
  readonly scheme: "http" | "https";
  readonly name: string;
  readonly port: string;
}

/** `name`, `name:port` or `scheme:name:port`. @throws StatusError 400 */
function addressOf(id: string, what: string): Address {
  const parts = id.split(":");
  const [scheme = "", name = "", port = ""] = parts.length === 3 ? parts : ["", ...parts];
  const known = scheme === "" || scheme === "http" || scheme === "https";
  if (parts.length > 3 || !name || !known) throw badRequest(`invalid ${what} request ${goQuote(id)}`);
  return { scheme: scheme || "http", name, port };
}

/** (registry/core/pod/strategy.go ResourceLocation) */
function podLocation({ namespace, name: id }: ConnectRequest, options: ConnectOptions): Backend {
  const { scheme, name, port } = addressOf(id, "pod");
  const pod = podOf(options.reader, namespace, name);
  const declared = pod.spec.containers?.find(({ ports }) => ports?.length)?.ports?.[0]?.containerPort;
  const ip = pod.status?.podIPs?.[0]?.ip ?? "";
  if (!isGlobalUnicast(ip)) throw badRequest("address not allowed");
  return clusterBackend(scheme, ip, Number(port) || declared || DEFAULT_PORTS[scheme], options);
}

/** (registry/core/service/storage ResourceLocation) */
function serviceLocation({ namespace, name: id }: ConnectRequest, options: ConnectOptions): Backend {
  const { scheme, name, port } = addressOf(id, "service");
  const { reader, random } = options;
  const portName = /^[-+]?\d+$/.test(port) ? nameOfPort(namespace, name, Number(port), options) : port;
  const endpoints = reader.get<Endpoints>(ENDPOINTS, namespace, name);
  // Upstream names the Service, whose endpoints share their registry with it.
  if (!endpoints) throw notFound(SERVICES, name);
  const subsets = endpoints.subsets ?? [];
  if (subsets.length === 0) throw serviceUnavailable(`no endpoints available for service ${goQuote(name)}`);
  for (const { addresses = [], ports = [] } of turned(subsets, random())) {
    const found = ports.find((each) => (each.name ?? "") === portName);
    if (!found) continue;
    const address = turned(addresses, random()).find((each) => isPods(each, namespace, options));
    if (address) return clusterBackend(scheme, address.ip, found.port, options);
  }
  throw serviceUnavailable(`no endpoints available for service ${goQuote(id)}`);
}

function nameOfPort(namespace: string, name: string, number: number, { reader }: ConnectOptions): string {
  const service = reader.get<Service>(SERVICES, namespace, name);
  if (!service) throw notFound(SERVICES, name);
  const found = service.spec?.ports?.find(({ port }) => port === number);
  if (!found) throw serviceUnavailable(`no service port ${number} found for service ${goQuote(name)}`);
  return found.name ?? "";
}

/** Starts somewhere else each time. @param random in [0, 1) */
function turned<T>(items: readonly T[], random: number): readonly T[] {
  const at = Math.floor(random * items.length);
  return [...items.slice(at), ...items.slice(0, at)];
}

/** Whoever may write endpoints must not reach anything but Pods through the server. */
function isPods({ ip, targetRef }: EndpointAddress, namespace: string, { reader }: ConnectOptions): boolean {
  if (!targetRef?.name || targetRef.namespace !== namespace) return false;
  const pod = reader.get<Pod>({ group: "", resource: "pods" }, namespace, targetRef.name);
  return pod?.status?.podIPs?.some((each) => each.ip === ip) ?? false;
}

/** (registry/core/node/strategy.go ResourceLocation) */
async function nodeLocation({ name: id }: ConnectRequest, options: ConnectOptions): Promise<Backend> {
  const { scheme, name, port } = addressOf(id, "node");
  const kubelet = kubeletOf(name, options, "nodes");
  // Its own port is where exec and logs go as well; the address is only looked at for others. Upstream refuses
  // loopback for both, which no real node has; simulated ones have nothing else.
  if (port === "" || Number(port) === kubelet.port) return kubelet;
  const addresses = isIP(kubelet.host) ? [{ address: kubelet.host }] : await lookup(kubelet.host, { all: true });
  if (!addresses.every(({ address }) => isGlobalUnicast(address))) throw badRequest("address not allowed");
  return clusterBackend(scheme, kubelet.host, Number(port), options);
}

function clusterBackend(scheme: "http" | "https", host: string, port: number, { dialPod }: ConnectOptions): Backend {
  return {
    scheme,
    authority: authorityOf(host, port),
    async connect() {
      const connection = await dialPod(host, port);
      return scheme === "https" ? secure(connection, host, {}) : connection;
    },
  };
}

const special = new BlockList();
special.addSubnet("127.0.0.0", 8);
special.addSubnet("169.254.0.0", 16);
special.addSubnet("224.0.0.0", 4);
special.addAddress("0.0.0.0");
special.addAddress("255.255.255.255");
special.addAddress("::", "ipv6");
special.addAddress("::1", "ipv6");
special.addSubnet("fe80::", 10, "ipv6");
special.addSubnet("ff00::", 8, "ipv6");

/** Go's net.IP.IsGlobalUnicast. */
function isGlobalUnicast(ip: string): boolean {
  const family = isIP(ip);
  return family !== 0 && !special.check(ip, family === 6 ? "ipv6" : "ipv4");
}
