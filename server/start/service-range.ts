import { isIPv4 } from "node:net";

/** The first address of `--service-cluster-ip-range`: the `kubernetes` Service's. @throws Error for what is no range */
export function firstServiceAddress(range: string): string {
  const [address = "", bits = ""] = range.split("/");
  const length = Number(bits);
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bits) || length < 12 || length > 30) {
    throw new Error(`${range} is no IPv4 range of 4 to 1048576 addresses such as 10.96.0.0/16`);
  }
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - length);
  if (number % size !== 0) throw new Error(`${range} does not begin at the start of a range of ${size} addresses`);
  return [24, 16, 8, 0].map((shift) => ((number + 1) >>> shift) & 255).join(".");
}
