import { isIP } from "node:net";

/** What a name below the cluster's domain asks for; parts that it does not have are "". */
export interface NameParts {
  readonly kind: "svc" | "pod";
  readonly namespace: string;
  /** Of a Service, or a Pod's address with dashes. */
  readonly name: string;
  /** First label of one endpoint's name. */
  readonly endpoint: string;
  /** Without the underscore that SRV names have. */
  readonly port: string;
  readonly protocol: string;
}

const withoutUnderscore = (label: string) => (label.startsWith("_") ? label.slice(1) : label);

/** Lower case and without the last dot: how names are compared. */
export const canonicalName = (name: string): string => name.toLowerCase().replace(/\.$/, "");

/** Whether a canonical name is a zone's or below it. */
export const isBelow = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`);

/**
 * Takes a canonical name of the cluster's domain apart. `empty`: a name that only others are below, such as the domain
 * itself. Undefined: no such name can exist. (CoreDNS plugin/kubernetes/parse.go)
 */
export function parseName(name: string, domain: string): NameParts | "empty" | undefined {
  if (name === domain) return "empty";
  const labels = name.slice(0, -domain.length - 1).split(".");
  const kind = labels.pop();
  if (kind !== "svc" && kind !== "pod") return undefined;
  const [namespace, object = "", ...rest] = labels.reverse();
  if (namespace === undefined) return "empty";
  if (rest.length > 2) return undefined;
  const [first = "", second] = rest;
  const parts = { kind, namespace, name: object } as const;
  if (second === undefined) return { ...parts, endpoint: first, port: "", protocol: "" };
  return { ...parts, endpoint: "", protocol: withoutUnderscore(first), port: withoutUnderscore(second) };
}

const IPV4_ZONE = "in-addr.arpa";
const IPV6_ZONE = "ip6.arpa";

/** The address that a canonical name of a reverse zone stands for, as Kubernetes writes it. */
export function reversedAddress(name: string): string | undefined {
  if (name.endsWith(`.${IPV4_ZONE}`)) {
    const address = name
      .slice(0, -IPV4_ZONE.length - 1)
      .split(".")
      .reverse()
      .join(".");
    return isIP(address) === 4 ? address : undefined;
  }
  if (!name.endsWith(`.${IPV6_ZONE}`)) return undefined;
  const nibbles = name
    .slice(0, -IPV6_ZONE.length - 1)
    .split(".")
    .reverse();
  if (nibbles.length !== 32 || !nibbles.every((nibble) => /^[0-9a-f]$/.test(nibble))) return undefined;
  return canonicalAddress((nibbles.join("").match(/.{4}/g) ?? []).join(":"));
}

/** One spelling for each address. */
export function canonicalAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** The address that a Pod's name has with dashes. */
export function dashedAddress(label: string): string | undefined {
  const isIpv4 = label.split("-").length === 4 && !label.includes("--");
  const address = label.replaceAll("-", isIpv4 ? "." : ":");
  return isIP(address) ? address : undefined;
}

/** First label of an endpoint's name, when nobody gave it one. (CoreDNS endpointHostname) */
export function endpointLabel(address: string, hostname: string | undefined): string {
  if (hostname) return hostname;
  if (!address.includes(":")) return address.replaceAll(".", "-");
  const label = address.replaceAll(":", "-");
  return label.endsWith("-") ? `${label}0` : label;
}
