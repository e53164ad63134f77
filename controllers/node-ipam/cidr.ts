import { isIP } from "node:net";
import { ipBytes, ipText } from "../../pki/ip-address.ts";

/** A range of addresses: those whose first `size` bits are the base's. */
export interface Cidr {
  readonly base: bigint;
  readonly size: number;
  /** 32 or 128. */
  readonly bits: number;
}

/** Bits after the mask are cut off. @throws Error worded as Go's net.ParseCIDR */
export function parseCidr(text: string): Cidr {
  const [address = "", size = "", ...more] = text.split("/");
  const bits = isIP(address) === 6 ? 128 : 32;
  if (!isIP(address) || !/^\d{1,3}$/.test(size) || Number(size) > bits || more.length > 0)
    throw new Error(`invalid CIDR address: ${text}`);
  const all = BigInt(`0x${Buffer.from(ipBytes(address)).toString("hex")}`);
  return { base: start(all, Number(size), bits), size: Number(size), bits };
}

export function cidrText({ base, size, bits }: Cidr): string {
  const hex = base.toString(16).padStart(bits / 4, "0");
  return `${ipText(Buffer.from(hex, "hex"))}/${size}`;
}

/** Whether the two have an address in common: then one holds the other. */
export function overlap(a: Cidr, b: Cidr): boolean {
  const size = Math.min(a.size, b.size);
  return a.bits === b.bits && start(a.base, size, a.bits) === start(b.base, size, b.bits);
}

function start(address: bigint, size: number, bits: number): bigint {
  const rest = BigInt(bits - size);
  return (address >> rest) << rest;
}
