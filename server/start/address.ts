import { networkInterfaces } from "node:os";

const EVERYWHERE = ["0.0.0.0", "::"];

/** Where Pods find a server that listens here: this machine's first address, unless it listens on one of its own. */
export function advertisedAddress(bindAddress: string): string {
  if (!EVERYWHERE.includes(bindAddress) && !bindAddress.startsWith("127.") && bindAddress !== "::1") return bindAddress;
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}

/** Names for the server's certificate, besides the usual ones. */
export function serverNames(bindAddress: string): string[] {
  const own = EVERYWHERE.includes(bindAddress) ? [] : [bindAddress];
  return [...new Set([advertisedAddress(bindAddress), ...own])];
}

/** The host to write into a URL for clients on this machine. */
export function urlHost(bindAddress: string): string {
  if (EVERYWHERE.includes(bindAddress)) return "127.0.0.1";
  return bindAddress.includes(":") ? `[${bindAddress}]` : bindAddress;
}
