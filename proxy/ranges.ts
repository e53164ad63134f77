import { BlockList } from "node:net";
import { canonicalRange, familyOf } from "./address.ts";

/** Whether an address is in a range such as `10.0.0.0/8`; never across families. */
export function isInRange(address: string, range: string): boolean {
  const [network = "", bits = ""] = canonicalRange(range)?.split("/") ?? [];
  if (!network || familyOf(address) !== familyOf(network)) return false;
  const family = familyOf(network) === "IPv4" ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(address, family);
}
