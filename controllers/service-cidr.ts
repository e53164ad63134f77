import { BlockList, isIPv6 } from "node:net";
import { type Action, defineController, type Key, keyOf, type Lister, mapping, timestamp } from "../client/index.ts";
import type { IPAddress, ServiceCIDR } from "../openapi/api/networking.k8s.io.v1.ts";
import { findCondition } from "./conditions.ts";

const RESOURCE = "networking.k8s.io/v1/servicecidrs";
const ADDRESSES = "networking.k8s.io/v1/ipaddresses";
const NAME = "service-cidr-controller";
const TYPE = { apiVersion: "networking.k8s.io/v1", kind: "ServiceCIDR" };
const FINALIZER = "networking.k8s.io/service-cidr-finalizer";
/** API servers may give out addresses of a range for as long after they were told that it goes. */
const GRACE_MS = 10_000;

type View = Readonly<ServiceCIDR>;
interface Listers {
  ranges: Lister<ServiceCIDR>;
  addresses: Lister<IPAddress>;
}

/** Calls ranges ready, and keeps those whose addresses no other range has. Follows pkg/controller/servicecidrs. */
export function reconcile(key: Key, { ranges, addresses }: Listers, now: Date): Action[] {
  const range = ranges.get(key);
  if (!range) return [];
  const { deletionTimestamp, finalizers } = range.metadata;
  const isKept = finalizers?.includes(FINALIZER);
  if (!deletionTimestamp) {
    const keep = patch(range, { metadata: { finalizers: [FINALIZER] } });
    return [...(isKept ? [] : [keep]), ...ready(range, "True", "", "Kubernetes Service CIDR is ready", now)];
  }
  if (isNeeded(range, ranges.list(), addresses.list())) {
    const message =
      "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR";
    return ready(range, "False", "Terminating", message, now);
  }
  const left = Date.parse(deletionTimestamp) + GRACE_MS - now.getTime();
  if (left > 0) return [{ do: "requeue", afterMs: left }];
  return isKept ? [patch(range, { metadata: { "$deleteFromPrimitiveList/finalizers": [FINALIZER] } })] : [];
}

/** Whether an address would be left in no range. (canDeleteCIDR) */
function isNeeded(range: View, all: readonly View[], addresses: readonly Readonly<IPAddress>[]): boolean {
  const others = all.filter(({ metadata }) => metadata.name !== range.metadata.name);
  const isCovered = (cidr: string) =>
    others.some(({ spec }) => spec.cidrs?.some((other) => containsRange(other, cidr)));
  if (range.spec.cidrs?.every(isCovered)) return false;
  return addresses.some(({ metadata }) => {
    if (metadata.labels?.["ipaddress.kubernetes.io/managed-by"] !== "ipallocator.k8s.io") return false;
    const holds = ({ spec }: View) => spec.cidrs?.some((cidr) => contains(cidr, metadata.name ?? ""));
    return holds(range) && !others.some(holds);
  });
}

function split(cidr: string): { base: string; bits: number; family: "ipv4" | "ipv6" } {
  const [base = "", bits] = cidr.split("/");
  return { base, bits: Number(bits), family: isIPv6(base) ? "ipv6" : "ipv4" };
}

function contains(cidr: string, address: string): boolean {
  const { base, bits, family } = split(cidr);
  if (isIPv6(address) !== (family === "ipv6")) return false;
  const list = new BlockList();
  list.addSubnet(base, bits, family);
  return list.check(address, family);
}

const containsRange = (outer: string, inner: string): boolean =>
  split(outer).bits <= split(inner).bits && contains(outer, split(inner).base);

function ready(range: View, status: string, reason: string, message: string, now: Date): Action[] {
  const known = findCondition(range.status.conditions, "Ready");
  if (known?.status === status && known.reason === reason && known.message === message) return [];
  const condition = { type: "Ready", status, reason, message, lastTransitionTime: timestamp(now) };
  const { name } = range.metadata;
  const wish = { ...TYPE, metadata: { name }, status: { conditions: [condition] } };
  // Applied, as the API server does for its own range: each owns what it says.
  return [{ ...patch(range, wish, "status"), type: "apply", fieldManager: NAME }];
}

function patch(object: View, change: unknown, subresource?: string) {
  return {
    do: "patch",
    resource: RESOURCE,
    object,
    type: "strategic",
    patch: change,
    ...(subresource && { subresource }),
  } as const;
}

export const serviceCidrController = defineController<Listers>({
  name: NAME,
  watches: {
    maps: [
      // A range that comes or goes may free another, or hold it; there are few.
      mapping(RESOURCE, (_range, { ranges }: Listers) => ranges.list().map(keyOf)),
      mapping(ADDRESSES, ({ metadata }, { ranges }: Listers) =>
        ranges
          .list()
          .filter((range) => range.metadata.deletionTimestamp)
          .filter(({ spec }) => spec.cidrs?.some((cidr) => contains(cidr, metadata.name ?? "")))
          .map(keyOf),
      ),
    ],
  },
  listers: (get) => ({ ranges: get(RESOURCE), addresses: get(ADDRESSES) }),
  reconcile: (key, listers, { now }) => reconcile(key, listers, now),
});
