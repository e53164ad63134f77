import { isIP } from "node:net";
import type { Answer, SoaAnswer } from "dns-packet";
import type { ClusterData, NamedPort } from "./cluster-data.ts";
import {
  canonicalAddress,
  canonicalName,
  dashedAddress,
  endpointLabel,
  isBelow,
  parseName,
  reversedAddress,
} from "./name.ts";

/** How Pods' names `1-2-3-4.NAMESPACE.pod` are answered: never, always, or when there is such a Pod. */
export type PodMode = "disabled" | "insecure" | "verified";

export interface ClusterZoneOptions {
  readonly data: ClusterData;
  /** `cluster.local` */
  readonly domain: string;
  /** Of all records, in seconds. */
  readonly ttl: number;
  readonly pods: PodMode;
  /** Addresses that this server answers at. */
  readonly addresses: readonly string[];
  /** Records of a name outside the cluster; undefined when nobody answers. */
  lookup(name: string, type: "A" | "AAAA"): Promise<readonly Answer[] | undefined>;
}

export interface ZoneAnswer {
  readonly rcode: "NOERROR" | "NXDOMAIN" | "SERVFAIL";
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
  readonly additionals: readonly Answer[];
}

/** What a name stands for, whatever type is asked for. */
interface Target {
  /** Its own full name, which SRV records point to. */
  readonly name: string;
  /** An address, or the name of something outside. */
  readonly host: string;
  readonly port: number;
}

/** Version of the specification that is followed. (kubernetes/dns docs/specification.md) */
const SCHEMA_VERSION = "1.1.0";
const SCHEMA_TTL = 28_800;
/** Longest chain of names that point to names. */
const MAX_CHAIN = 10;
const PORT_WEIGHT = 100;

/** Answers for the cluster's domain and its addresses, as CoreDNS' plugin kubernetes does. */
export class ClusterZone {
  readonly #options: ClusterZoneOptions;

  constructor(options: ClusterZoneOptions) {
    this.#options = options;
  }

  /** Undefined: the name is somebody else's. @param type as dns-packet spells it @param asked as the client spells it */
  async answer(asked: string, type: string): Promise<ZoneAnswer | undefined> {
    const { domain, data } = this.#options;
    const name = canonicalName(asked);
    if (!isBelow(name, domain)) return type === "PTR" ? this.#reverse(asked, name) : undefined;
    if (!data.hasSynced()) return this.#negative("SERVFAIL");
    if (name === domain && type === "SOA") return { ...NOTHING, answers: [this.#soa()] };
    if (name === domain && type === "NS") return this.#nameServers(asked);
    if (name === `ns.dns.${domain}`) {
      const answers = this.#ownTargets().flatMap((target) => this.#address(asked, target, type));
      return answers.length > 0 ? { ...NOTHING, answers } : this.#negative("NOERROR");
    }
    if (name === `dns-version.${domain}` && type === "TXT") {
      return { ...NOTHING, answers: [{ type, name: asked, ttl: SCHEMA_TTL, data: SCHEMA_VERSION }] };
    }
    const targets = this.#targets(name);
    if (!targets) return this.#negative("NXDOMAIN");
    const found = await this.#records(asked, type, targets);
    return found.answers.length > 0 ? found : this.#negative("NOERROR");
  }

  async #records(asked: string, type: string, targets: readonly Target[]): Promise<ZoneAnswer> {
    const [first] = targets;
    if (type === "A" || type === "AAAA") {
      return { ...NOTHING, answers: await this.#addresses(asked, type, targets, []) };
    }
    if (type === "SRV") return this.#services(asked, targets);
    if (type === "CNAME" && first && !isIP(first.host)) return { ...NOTHING, answers: [this.#alias(asked, first)] };
    return NOTHING;
  }

  /** Undefined when there is no such name; empty when there is, without anything. */
  #targets(name: string): readonly Target[] | undefined {
    const { domain, data, pods } = this.#options;
    const parts = parseName(name, domain);
    if (!parts) return undefined;
    if (parts === "empty") return [];
    const { kind, namespace, endpoint, port, protocol } = parts;
    if (kind === "pod" && pods === "disabled") return undefined;
    if (!data.hasNamespace(namespace)) return undefined;
    if (!parts.name) return [];
    if (kind === "pod") return this.#pod(name, namespace, parts.name);
    const service = data.service(namespace, parts.name);
    if (!service) return undefined;
    const own = `${parts.name}.${namespace}.svc.${domain}`;
    const { type, externalName = "", clusterIP, clusterIPs = clusterIP ? [clusterIP] : [], ports = [] } = service.spec;
    if (type === "ExternalName") {
      const isAlias = externalName !== "" && !isIP(externalName) && !endpoint && !port && !protocol;
      return isAlias ? [{ name: own, host: externalName, port: 0 }] : undefined;
    }
    const matches = (each: NamedPort) =>
      (!port || each.name.toLowerCase() === port) && (!protocol || each.protocol.toLowerCase() === protocol);
    if (endpoint || clusterIPs[0] === "None") {
      const all = data.endpoints(namespace, parts.name).flatMap((each) => {
        const label = endpointLabel(each.address, each.hostname);
        if (endpoint && label.toLowerCase() !== endpoint) return [];
        return each.ports
          .filter(matches)
          .map((found) => ({ name: `${label}.${own}`, host: each.address, port: found.port }));
      });
      if (all.length > 0) return all;
      // The Service is there, so its name is, even with nobody behind it.
      return endpoint || port || protocol ? undefined : [];
    }
    const declared = ports.map((each) => ({
      name: each.name ?? "",
      protocol: each.protocol ?? "TCP",
      port: each.port,
    }));
    const found = (declared.length > 0 ? declared : [{ name: "", protocol: "", port: -1 }]).filter(matches);
    if (found.length === 0) return undefined;
    return found.flatMap((each) => clusterIPs.map((host) => ({ name: own, host, port: each.port })));
  }

  #pod(name: string, namespace: string, label: string): readonly Target[] | undefined {
    const { data, pods } = this.#options;
    const host = dashedAddress(label);
    if (!host) return undefined;
    const target = { name, host, port: 0 };
    if (pods === "insecure") return [target];
    return data.podNamespaces(canonicalAddress(host)).includes(namespace) ? [target] : undefined;
  }

  /** @param chain names that led here, canonical */
  async #addresses(
    asked: string,
    type: "A" | "AAAA",
    targets: readonly Target[],
    chain: readonly string[],
  ): Promise<Answer[]> {
    const { domain, lookup } = this.#options;
    const found = new Map<string, Answer>();
    const aliased: Answer[] = [];
    for (const target of targets) {
      if (isIP(target.host)) {
        for (const record of this.#address(asked, target, type)) found.set(target.host, record);
        continue;
      }
      const next = canonicalName(target.host);
      const seen = [...chain, canonicalName(asked)];
      if (seen.includes(next) || seen.length > MAX_CHAIN) continue;
      if (!isBelow(next, domain)) {
        const outside = await lookup(target.host, type);
        if (outside) aliased.push(this.#alias(asked, target), ...outside);
        continue;
      }
      const inside = await this.#addresses(next, type, this.#targets(next) ?? [], seen);
      if (inside.length > 0) aliased.push(this.#alias(asked, target), ...inside);
    }
    return [...aliased, ...found.values()];
  }

  #services(asked: string, targets: readonly Target[]): ZoneAnswer {
    const answers = new Map<string, Answer>();
    const additionals = new Map<string, Answer>();
    const reachable = targets.filter(({ host, port }) => isIP(host) && port >= 0);
    const weight = Math.max(1, Math.floor(PORT_WEIGHT / targets.length));
    for (const target of reachable) {
      const { name, host, port } = target;
      const data = { priority: 0, weight, port, target: name };
      answers.set(`${name}:${port}`, { type: "SRV", name: asked, ttl: this.#options.ttl, data });
      const [address] = this.#address(name, target, isIP(host) === 4 ? "A" : "AAAA");
      if (address) additionals.set(`${name} ${host}`, address);
    }
    return { ...NOTHING, answers: [...answers.values()], additionals: [...additionals.values()] };
  }

  #address(name: string, { host }: Target, type: string): Answer[] {
    const { ttl } = this.#options;
    if (type === "A" && isIP(host) === 4) return [{ type, name, ttl, data: host }];
    return type === "AAAA" && isIP(host) === 6 ? [{ type, name, ttl, data: host }] : [];
  }

  #alias(name: string, { host }: Target): Answer {
    return { type: "CNAME", name, ttl: this.#options.ttl, data: host };
  }

  /** A cluster's own addresses; what is not known here may be known to others. */
  #reverse(asked: string, name: string): ZoneAnswer | undefined {
    const { data, domain, ttl } = this.#options;
    const address = reversedAddress(name);
    if (!address) return undefined;
    const service = data.serviceAt(address);
    const names = service
      ? [`${service.metadata.name}.${service.metadata.namespace}`]
      : data
          .endpointsAt(address)
          .map((each) => `${endpointLabel(each.address, each.hostname)}.${each.service}.${each.namespace}`);
    if (names.length === 0) return undefined;
    const answers = [...new Set(names)].map((each): Answer => {
      return { type: "PTR", name: asked, ttl, data: `${each}.svc.${domain}` };
    });
    return { ...NOTHING, answers };
  }

  /** The Service that clients ask this server through, or this server itself. (CoreDNS plugin/kubernetes/ns.go) */
  #ownTargets(): readonly Target[] {
    const { data, domain, addresses } = this.#options;
    const services = addresses.flatMap((address) =>
      data.endpointsAt(address).flatMap(({ namespace, service }) => data.service(namespace, service) ?? []),
    );
    const named = services.flatMap(({ metadata, spec }) =>
      (spec.clusterIPs ?? [])
        .filter((host) => isIP(host))
        .map((host) => ({ name: `${metadata.name}.${metadata.namespace}.svc.${domain}`, host, port: 0 })),
    );
    return named.length > 0 ? named : addresses.map((host) => ({ name: `ns.dns.${domain}`, host, port: 0 }));
  }

  #nameServers(asked: string): ZoneAnswer {
    const targets = new Map(this.#ownTargets().map((target) => [target.host, target]));
    const names = new Set([...targets.values()].map(({ name }) => name));
    return {
      ...NOTHING,
      answers: [...names].map((data) => ({ type: "NS", name: asked, ttl: this.#options.ttl, data })),
      additionals: [...targets.values()].flatMap((target) => {
        return this.#address(target.name, target, isIP(target.host) === 4 ? "A" : "AAAA");
      }),
    };
  }

  #negative(rcode: ZoneAnswer["rcode"]): ZoneAnswer {
    return { ...NOTHING, rcode, authorities: [this.#soa()] };
  }

  #soa(): SoaAnswer {
    const { domain, ttl, data } = this.#options;
    return {
      type: "SOA",
      name: domain,
      ttl,
      data: {
        mname: `ns.dns.${domain}`,
        rname: `hostmaster.${domain}`,
        serial: data.serial(),
        refresh: 7200,
        retry: 1800,
        expire: 86_400,
        minimum: ttl,
      },
    };
  }
}

const NOTHING: ZoneAnswer = { rcode: "NOERROR", answers: [], authorities: [], additionals: [] };
