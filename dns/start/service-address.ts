import { isIPv4 } from "node:net";

/** Which address of the range of Services is the DNS Service's. (cmd/kubeadm/app/constants GetDNSIP) */
const NTH = 10;

/** The address of the Service kube-dns; undefined when the range of Services has no room for it. */
export function dnsServiceAddress(range: string): string | undefined {
  const [address = "", bits = ""] = range.split("/");
  if (!isIPv4(address) || 2 ** (32 - Number(bits)) <= NTH) return undefined;
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) + NTH;
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}
