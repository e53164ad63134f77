import type { EndpointAddress, EndpointPort, EndpointSubset } from "../../openapi/api/core.v1.ts";
import { canonicalJson } from "../equality.ts";

/** Of an address: who has it. */
const keyOf = ({ ip, targetRef }: EndpointAddress): string => `${ip}\0${targetRef?.uid ?? ""}`;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Subsets in the form that there is but one of: a port stands with all addresses that have it, and ports with the same
 * addresses stand together. An address that is not ready in one subset is not ready. (RepackSubsets)
 */
export function repackSubsets(subsets: readonly EndpointSubset[]): EndpointSubset[] {
  const addresses = new Map<string, EndpointAddress>();
  /** By port, "" for none: which addresses, and whether they are ready. */
  const byPort = new Map<string, { port: EndpointPort | undefined; ready: Map<string, boolean> }>();
  for (const { addresses: ready = [], notReadyAddresses = [], ports = [] } of subsets) {
    for (const port of ports.length ? ports : [undefined]) {
      const name = port ? canonicalJson(port) : "";
      const entry = byPort.get(name) ?? { port, ready: new Map<string, boolean>() };
      byPort.set(name, entry);
      const put = (address: EndpointAddress, isReady: boolean) => {
        const key = keyOf(address);
        if (!addresses.has(key)) addresses.set(key, address);
        if (entry.ready.get(key) !== false) entry.ready.set(key, isReady);
      };
      for (const address of ready) put(address, true);
      for (const address of notReadyAddresses) put(address, false);
    }
  }
  const groups = new Map<string, { ports: EndpointPort[]; ready: ReadonlyMap<string, boolean> }>();
  for (const { port, ready } of byPort.values()) {
    const key = canonicalJson([...ready].sort(([a], [b]) => byText(a, b)));
    const group = groups.get(key) ?? { ports: [], ready };
    if (port) group.ports.push(port);
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ ports, ready }) => {
      const of = (isReady: boolean) =>
        [...ready]
          .filter(([, value]) => value === isReady)
          .map(([key]) => key)
          .sort(byText)
          .flatMap((key) => addresses.get(key) ?? []);
      const [are, areNot] = [of(true), of(false)];
      return {
        ...(are.length && { addresses: are }),
        ...(areNot.length && { notReadyAddresses: areNot }),
        ...(ports.length && { ports: sortedPorts(ports) }),
      };
    })
    .sort((a, b) => byText(canonicalJson(a.ports ?? []), canonicalJson(b.ports ?? [])));
}

/** In the order that clients see: by the hash of what Go prints of a port. (SortSubsets) */
function sortedPorts(ports: readonly EndpointPort[]): EndpointPort[] {
  const hashes = new Map(ports.map((port) => [port, fnv128a(asGo(port))]));
  return [...ports].sort((a, b) => ((hashes.get(a) ?? 0n) < (hashes.get(b) ?? 0n) ? -1 : 1));
}

const asGo = ({ name = "", port, protocol = "TCP", appProtocol }: EndpointPort): string =>
  `(v1.EndpointPort){Name:(string)${name} Port:(int32)${port} Protocol:(v1.Protocol)${protocol} AppProtocol:(*string)${appProtocol ?? "<nil>"}}`;

const PRIME = 0x1000000000000000000013bn;
const OFFSET = 0x6c62272e07bb014262b821756295c58dn;

/** FNV-1a, 128 bits. */
function fnv128a(text: string): bigint {
  let hash = OFFSET;
  for (const byte of Buffer.from(text, "utf8")) hash = BigInt.asUintN(128, (hash ^ BigInt(byte)) * PRIME);
  return hash;
}
