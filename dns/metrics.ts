import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { AnswerCache } from "./cache.ts";
import { RCODE } from "./message.ts";

/** What a DNS server counts, named as CoreDNS names it, so that dashboards and alerts for it work. */
export interface DnsMetrics {
  readonly registry: Registry;
  /** One question that was answered. @param plugin who answered */
  answered(facts: AnsweredFacts): void;
  forwarded(to: string, rcode: number, seconds: number): void;
  rejected(): void;
  cacheHit(kind: "success" | "denial"): void;
  cacheMiss(): void;
  panicked(): void;
  /** Shows how much is in a cache. */
  observeCache(cache: AnswerCache): void;
}

export interface AnsweredFacts {
  readonly transport: "udp" | "tcp";
  /** 1 = IPv4, 2 = IPv6 */
  readonly family: 1 | 2;
  readonly type: string;
  readonly rcode: number;
  readonly plugin: string;
  readonly seconds: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly dnssecOk: boolean;
}

const SECONDS = Array.from({ length: 16 }, (_, n) => 0.00025 * 2 ** n);
const BYTES = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3];
/** Types that are counted by name. (CoreDNS plugin/metrics/vars/monitor.go) */
const TYPES = new Set("A AAAA ANY CNAME DNSKEY DS HTTPS MX NS NSEC NSEC3 PTR RRSIG SOA SRV SVCB TXT".split(" "));
/** Those that dns-packet has no names for. */
const NUMBERED: Readonly<Record<string, string>> = { UNKNOWN_64: "SVCB", UNKNOWN_65: "HTTPS" };
const RCODES = new Map<number, string>(Object.entries(RCODE).map(([name, number]) => [number, name]));
const rcodeName = (rcode: number) => RCODES.get(rcode) ?? String(rcode);

/** @param server `dns://10.0.0.1:53` */
export function createDnsMetrics(server: string): DnsMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const where = { server, zone: ".", view: "" };
  const all = ["server", "zone", "view"];
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `coredns_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name: `coredns_${name}`, help, labelNames, buckets, registers });

  const requests = counter("dns_requests_total", "DNS requests by zone, protocol, family and type.", [
    ...all,
    "proto",
    "family",
    "type",
  ]);
  const responses = counter("dns_responses_total", "Responses by code.", [...all, "rcode", "plugin"]);
  const dnssec = counter("dns_do_requests_total", "DNS requests with the DO bit.", all);
  const duration = histogram("dns_request_duration_seconds", "Time that requests took.", all, SECONDS);
  const requestSize = histogram("dns_request_size_bytes", "Size of requests.", [...all, "proto"], BYTES);
  const responseSize = histogram("dns_response_size_bytes", "Size of responses.", [...all, "proto"], BYTES);
  const panics = counter("panics_total", "Requests that failed because of a bug.");
  const cacheZones = { server, zones: ".", view: "" };
  const cacheLabels = ["server", "zones", "view"];
  const cacheRequests = counter("cache_requests_total", "Requests that the cache was asked for.", cacheLabels);
  const cacheMisses = counter("cache_misses_total", "Requests that were not in the cache.", cacheLabels);
  const cacheHits = counter("cache_hits_total", "Requests that were in the cache.", [...cacheLabels, "type"]);
  const forwards = histogram(
    "proxy_request_duration_seconds",
    "Time that other servers took.",
    ["proxy_name", "to", "rcode"],
    SECONDS,
  );
  const rejects = counter("forward_max_concurrent_rejects_total", "Requests refused since too many were on their way.");

  return {
    registry,
    answered({ transport, family, type, rcode, plugin, seconds, requestBytes, responseBytes, dnssecOk }) {
      const known = NUMBERED[type] ?? type;
      const typeLabel = TYPES.has(known) ? known : "other";
      requests.inc({ ...where, proto: transport, family: String(family), type: typeLabel });
      responses.inc({ ...where, rcode: rcodeName(rcode), plugin });
      if (dnssecOk) dnssec.inc(where);
      duration.observe(where, seconds);
      requestSize.observe({ ...where, proto: transport }, requestBytes);
      responseSize.observe({ ...where, proto: transport }, responseBytes);
    },
    forwarded: (to, rcode, seconds) =>
      forwards.observe({ proxy_name: "forward", to, rcode: rcodeName(rcode) }, seconds),
    rejected: () => rejects.inc(),
    cacheHit(kind) {
      cacheRequests.inc(cacheZones);
      cacheHits.inc({ ...cacheZones, type: kind });
    },
    cacheMiss() {
      cacheRequests.inc(cacheZones);
      cacheMisses.inc(cacheZones);
    },
    panicked: () => panics.inc(),
    observeCache(cache) {
      new Gauge({
        name: "coredns_cache_entries",
        help: "Answers in the cache.",
        labelNames: [...cacheLabels, "type"],
        registers,
        collect() {
          for (const type of ["success", "denial"] as const) this.set({ ...cacheZones, type }, cache.size(type));
        },
      });
    },
  };
}
