import type { Service, ServicePort } from "../../../../openapi/api/core.v1.ts";
import { addressesOf, type Backend, backendsOf, keyOfService, type ServiceObjects } from "./service-objects.ts";

export type RecordType = "A" | "AAAA" | "CNAME" | "PTR" | "SRV";

/** Names are absolute, lower case, and end in a dot. */
export interface DnsRecord {
  readonly name: string;
  readonly type: RecordType;
  /** As zone files have it: an address, a name, or `priority weight port target`. */
  readonly data: string;
}

export interface DnsAnswer {
  readonly code: "NOERROR" | "NXDOMAIN";
  readonly records: readonly DnsRecord[];
}

/** Seconds that answers may be kept. (kubeadm's Corefile) */
export const TTL = 30;
const LONGEST_CHAIN = 8;
const NO_SUCH_NAME: DnsAnswer = { code: "NXDOMAIN", records: [] };

const addressRecord = (name: string, address: string): DnsRecord => ({
  name,
  type: address.includes(":") ? "AAAA" : "A",
  data: address,
});

/**
 * Answers a question as the cluster's DNS does. Names outside the cluster do not exist: there is nobody to ask.
 * (kubernetes/dns docs/specification.md)
 *
 * @param name absolute, ending in a dot
 * @param domain of the cluster, without a dot at the end
 */
export function answerOf(name: string, type: RecordType, domain: string, objects: ServiceObjects): DnsAnswer {
  const asked = name.toLowerCase();
  const records: DnsRecord[] = [];
  let at = asked;
  for (let links = 0; links < LONGEST_CHAIN; links++) {
    const found = recordsOf(at, domain, objects);
    if (!found) return links === 0 ? NO_SUCH_NAME : { code: "NOERROR", records };
    const alias = found.find((record) => record.type === "CNAME");
    records.push(...found.filter((record) => record.type === type || record === alias));
    if (!alias || type === "CNAME") break;
    at = alias.data;
  }
  return { code: "NOERROR", records };
}

/** All that there is under a name; undefined when the name does not exist. */
function recordsOf(name: string, domain: string, objects: ServiceObjects): DnsRecord[] | undefined {
  const address = reversed(name);
  if (address) return pointers(name, address, domain, objects);
  const suffix = `.${domain}.`;
  if (!name.endsWith(suffix)) return undefined;
  const labels = name.slice(0, -suffix.length).split(".");
  const kind = labels.pop();
  if (kind === "pod") return ofPod(name, labels);
  if (kind !== "svc" || labels.length < 2) return undefined;
  const [namespace = "", service = "", ...below] = labels.reverse();
  const found = objects.services.get(`${namespace}/${service}`);
  return found && ofService(name, found, below.reverse(), domain, objects);
}

/** `10-0-0-1.NAMESPACE.pod.DOMAIN` is what it says. */
function ofPod(name: string, [dashed = "", namespace, ...more]: readonly string[]): DnsRecord[] | undefined {
  if (!namespace || more.length > 0 || !/^\d+(-\d+){3}$/.test(dashed)) return undefined;
  return [addressRecord(name, dashed.replaceAll("-", "."))];
}

function ofService(
  name: string,
  service: Readonly<Service>,
  below: readonly string[],
  domain: string,
  objects: ServiceObjects,
): DnsRecord[] | undefined {
  const { spec, metadata } = service;
  const own = `${metadata.name}.${metadata.namespace}.svc.${domain}.`;
  if (spec.type === "ExternalName") {
    const target = `${(spec.externalName ?? "").toLowerCase().replace(/\.$/, "")}.`;
    return below.length === 0 ? [{ name, type: "CNAME", data: target }] : undefined;
  }
  const headless = isHeadless(service);
  const ready = headless ? readyBackends(service, objects) : [];
  const [first = "", protocol = "", ...more] = below;
  if (below.length === 0 || (first.startsWith("_") && protocol.startsWith("_") && more.length === 0)) {
    const services = (spec.ports ?? []).filter(
      (port) =>
        below.length === 0 || (first === `_${port.name}` && protocol === `_${(port.protocol ?? "TCP").toLowerCase()}`),
    );
    const srv = services.flatMap((port) =>
      targetsOf(service, port, own, objects).map(
        (target): DnsRecord => ({ name, type: "SRV", data: `0 100 ${target}` }),
      ),
    );
    if (below.length > 0) return srv.length > 0 ? srv : undefined;
    const addresses = headless ? [...new Set(ready.map(({ address }) => address))] : addressesOf(service).cluster;
    if (addresses.length === 0) return undefined;
    return [...addresses.map((address) => addressRecord(name, address)), ...srv];
  }
  const hosts = [...new Set(ready.filter((each) => hostOf(each) === first).map(({ address }) => address))];
  return below.length === 1 && hosts.length > 0 ? hosts.map((address) => addressRecord(name, address)) : undefined;
}

/** `PORT HOST` of a Service's port: the Service itself, or of a headless one each endpoint. */
function targetsOf(service: Readonly<Service>, port: ServicePort, own: string, objects: ServiceObjects): string[] {
  if (!isHeadless(service)) return [`${port.port} ${own}`];
  return backendsOf(service, port, objects)
    .filter(isReady)
    .map((backend) => `${backend.port} ${hostOf(backend)}.${own}`);
}

const isReady = ({ endpoint }: Backend) => endpoint.conditions?.ready ?? true;

/** A Service without ports has endpoints all the same. */
function readyBackends(service: Readonly<Service>, { slices }: ServiceObjects): Backend[] {
  return slices
    .by("service", keyOfService(service))
    .flatMap(({ endpoints }) => endpoints ?? [])
    .flatMap((endpoint) =>
      (endpoint.addresses ?? []).map((address) => ({ address, port: 0, node: undefined, endpoint })),
    )
    .filter(isReady);
}

/** An endpoint's own label below its Service: its hostname, else its address with dashes. */
const hostOf = ({ address, endpoint }: Backend) => endpoint.hostname || address.replaceAll(/[.:]/g, "-");

/** The address behind `1.0.0.10.in-addr.arpa.`, or of the longer kind. */
function reversed(name: string): string | undefined {
  const [, four] = /^((?:\d+\.){4})in-addr\.arpa\.$/.exec(name) ?? [];
  if (four) return four.split(".").filter(Boolean).reverse().join(".");
  const [, nibbles] = /^((?:[0-9a-f]\.){32})ip6\.arpa\.$/.exec(name) ?? [];
  const groups = nibbles?.replaceAll(".", "").split("").reverse().join("").match(/.{4}/g);
  return groups ? new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1) : undefined;
}

function pointers(
  name: string,
  address: string,
  domain: string,
  { services, slices }: ServiceObjects,
): DnsRecord[] | undefined {
  const own = services
    .by("address", address)
    .filter((service) => addressesOf(service).cluster.includes(address))
    .map(({ metadata }) => `${metadata.name}.${metadata.namespace}.svc.${domain}.`);
  const hosts = slices.by("address", address).flatMap(({ metadata, endpoints }) => {
    const service = metadata.labels?.["kubernetes.io/service-name"];
    if (!service || !isHeadless(services.get(`${metadata.namespace}/${service}`))) return [];
    return (endpoints ?? [])
      .filter(({ addresses }) => addresses?.includes(address))
      .map((endpoint) => {
        const host = hostOf({ address, port: 0, node: undefined, endpoint });
        return `${host}.${service}.${metadata.namespace}.svc.${domain}.`;
      });
  });
  const found = own.length > 0 ? own : [...new Set(hosts)];
  return found.length > 0 ? found.map((data) => ({ name, type: "PTR", data })) : undefined;
}

const isHeadless = (service: Readonly<Service> | undefined) =>
  service !== undefined && service.spec.type !== "ExternalName" && addressesOf(service).cluster.length === 0;
