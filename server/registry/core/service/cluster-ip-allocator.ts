import type { Service } from "../../../../openapi/api/core.v1.ts";
import type { IPAddress, ServiceCIDR } from "../../../../openapi/api/networking.k8s.io.v1.ts";
import type { ObjectReader } from "../../../admission/plugin.ts";
import { type GroupResource, StatusError } from "../../../meta/errors.ts";
import {
  formatIp,
  type IpAddress,
  type IpPrefix,
  isIPv4,
  parseCidr,
  parseIp,
  prefixContains,
} from "../../../meta/ip.ts";
import type { KubeObject } from "../../../meta/object.ts";
import type { Random } from "../../../meta/random.ts";
import type { ResourceStore } from "../../store.ts";
import { isNotFound, serverScope } from "../../writer.ts";
import type { AllocationObserver, ServiceUsage } from "./observer.ts";

const IP_ADDRESSES: GroupResource = { group: "networking.k8s.io", resource: "ipaddresses" };
const SERVICE_CIDRS: GroupResource = { group: "networking.k8s.io", resource: "servicecidrs" };
const FULL = "range is full";

/** Why an address cannot be had. `isFull`: there is none left, which is not the client's fault. */
export class AllocationError extends Error {
  readonly isFull: boolean;
  constructor(message: string) {
    super(message);
    this.isFull = message === FULL;
  }
}

export interface AllocatorOptions {
  readonly reader: ObjectReader;
  readonly store: (resource: GroupResource) => ResourceStore | undefined;
  readonly now: () => Date;
  readonly random: Random;
  readonly observer?: AllocationObserver;
}

/**
 * Addresses out of the ready ServiceCIDRs. Each is an IPAddress object, so the storage decides who gets one, a restart
 * forgets nothing, and there is no state here. (pkg/registry/core/service/ipallocator)
 */
export class ClusterIpAllocator {
  readonly #options: AllocatorOptions;

  constructor(options: AllocatorOptions) {
    this.#options = options;
  }

  /** This very address. @throws AllocationError */
  async allocate(service: Service, text: string, dryRun: boolean): Promise<void> {
    const address = parseIp(text);
    if (!address) throw new AllocationError(`failed to parse service IP ${JSON.stringify(text)}`);
    const ranges = this.#ranges();
    // A dry run asks any one range, as upstream.
    const range = dryRun ? ranges[0] : ranges.find((each) => prefixContains(each, address));
    if (!range) throw new AllocationError("the provided network does not match the current range");
    const { observer } = this.#options;
    const started = observer?.clock() ?? 0;
    const valid = printRange(range);
    const offset = numberOf(address) - numberOf(range.network);
    if (!prefixContains(range, address) || offset < 1n || offset > lastOffset(range)) {
      if (!dryRun) observer?.refusedAddress(valid, "static");
      throw new AllocationError(
        `the provided IP (${formatIp(address)}) is not in the valid range. The range of valid IPs is ${valid}`,
      );
    }
    if (dryRun) return;
    if (!(await this.#create(service, address))) {
      observer?.refusedAddress(valid, "static");
      throw new AllocationError("provided IP is already allocated");
    }
    observer?.tookAddress(valid, "static", observer.clock() - started);
  }

  /** Any free address of a family. @throws AllocationError */
  async allocateNext(service: Service, family: string, dryRun: boolean): Promise<string> {
    const ranges = this.#ranges().filter(({ network }) => familyOf(network) === family);
    if (dryRun && ranges[0]) return formatIp(ranges[0].network);
    const { observer } = this.#options;
    for (const range of ranges) {
      const started = observer?.clock() ?? 0;
      const address = await this.#allocateFrom(range, service);
      if (address) {
        observer?.tookAddress(printRange(range), "dynamic", observer.clock() - started);
        return formatIp(address);
      }
      observer?.refusedAddress(printRange(range), "dynamic");
    }
    throw new AllocationError(FULL);
  }

  /** How full each range is. Looks at all addresses. */
  usage(): ServiceUsage["ranges"] {
    const addresses = this.#options.reader
      .list<IPAddress & KubeObject>(IP_ADDRESSES, "")
      .flatMap(({ metadata }) => parseIp(metadata.name ?? "") ?? []);
    return this.#ranges().map((range) => {
      const allocated = addresses.filter((address) => prefixContains(range, address)).length;
      // No number is that large: a double is near enough.
      return { cidr: printRange(range), allocated, available: Math.max(0, Number(lastOffset(range)) - allocated) };
    });
  }

  /** What is not there is not an error. */
  async release(text: string): Promise<void> {
    const address = parseIp(text);
    if (!address) return;
    try {
      await this.#store().delete("", formatIp(address), {}, serverScope(this.#options.now()));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Random within the upper part; the lower part is for addresses that are asked for, until nothing else is left. */
  async #allocateFrom(range: IpPrefix, service: Service): Promise<IpAddress | undefined> {
    const last = lastOffset(range);
    const reserved = reservedOffsets(range);
    return (
      (await this.#scan(range, { first: reserved + 1n, last }, service)) ??
      (await this.#scan(range, { first: 1n, last: reserved }, service))
    );
  }

  async #scan(
    { network }: IpPrefix,
    { first, last }: { first: bigint; last: bigint },
    service: Service,
  ): Promise<IpAddress | undefined> {
    const size = last - first + 1n;
    if (size <= 0n) return undefined;
    // 2^48 places to start from are random enough for any range.
    const start = (BigInt(Math.floor(this.#options.random() * 2 ** 48)) * size) >> 48n;
    for (let step = 0n; step < size; step++) {
      const address = addressAt(network, first + ((start + step) % size));
      if (this.#options.reader.get(IP_ADDRESSES, "", formatIp(address))) continue;
      if (await this.#create(service, address)) return address;
    }
    return undefined;
  }

  /** @returns false when someone else has it */
  async #create({ metadata }: Service, address: IpAddress): Promise<boolean> {
    const object: IPAddress = {
      kind: "IPAddress",
      apiVersion: "networking.k8s.io/v1",
      metadata: {
        name: formatIp(address),
        labels: {
          "ipaddress.kubernetes.io/ip-family": familyOf(address),
          "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
        },
      },
      spec: { parentRef: { resource: "services", namespace: metadata.namespace, name: metadata.name } },
    } as IPAddress; // its optional metadata is the server's to fill in
    try {
      await this.#store().create("", object as KubeObject, serverScope(this.#options.now()));
      return true;
    } catch (error) {
      if (error instanceof StatusError && error.reason === "AlreadyExists") return false;
      throw error;
    }
  }

  #store(): ResourceStore {
    const store = this.#options.store(IP_ADDRESSES);
    if (!store) throw new Error("no store of ipaddresses");
    return store;
  }

  #ranges(): IpPrefix[] {
    const cidrs = this.#options.reader.list<ServiceCIDR & KubeObject>(SERVICE_CIDRS, "").filter(isReady);
    return cidrs.flatMap(({ spec }) => spec.cidrs ?? []).flatMap((text) => parseCidr(text) ?? []);
  }
}

function isReady({ metadata, status }: Readonly<ServiceCIDR>): boolean {
  if (metadata.deletionTimestamp) return false;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready ? ready.status === "True" : true;
}

const printRange = ({ network, prefixLength }: IpPrefix): string => `${formatIp(network)}/${prefixLength}`;

function familyOf(address: IpAddress): "IPv4" | "IPv6" {
  return isIPv4(address) ? "IPv4" : "IPv6";
}

function numberOf({ bytes }: IpAddress): bigint {
  return BigInt(`0x${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`);
}

function addressAt(network: IpAddress, offset: bigint): IpAddress {
  const hex = (numberOf(network) + offset).toString(16).padStart(32, "0");
  return {
    bytes: Array.from({ length: 16 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)),
    family: network.family,
  };
}

/** The last usable address, counted from the network's own: IPv4 ends with the broadcast address. */
function lastOffset(range: IpPrefix): bigint {
  const bits = (isIPv4(range.network) ? 32 : 128) - range.prefixLength;
  return (1n << BigInt(bits)) - (isIPv4(range.network) ? 2n : 1n);
}

/** How many are kept for static use: a sixteenth, but at least 16 and at most 256. (calculateRangeOffset) */
function reservedOffsets(range: IpPrefix): bigint {
  const size = 1n << BigInt((isIPv4(range.network) ? 32 : 128) - range.prefixLength);
  if (size <= 16n) return 0n;
  const part = size / 16n;
  return part < 16n ? 16n : part > 256n ? 256n : part;
}
