import { existsSync, readFileSync } from "node:fs";
import { isIP, isIPv6 } from "node:net";
import type { Upstream } from "./exchange.ts";

const DNS_PORT = 53;

/** Servers that a resolv.conf(5) names. */
function serversOf(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const [word, address = ""] = line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/);
    return word === "nameserver" && isIP(address.split("%")[0] ?? "") ? [address] : [];
  });
}

/** `1.2.3.4`, `1.2.3.4:5353`, `[::1]:5353`, `::1`. @throws Error when it is neither */
function parseUpstream(text: string): Upstream {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const address = isIPv6(text) ? text : (bracketed ?? plain ?? "");
  const number = Number(port ?? DNS_PORT);
  if (!isIP(address) || number < 1 || number > 65_535) {
    throw new Error(`${text}: neither an address of a DNS server nor a file such as /etc/resolv.conf`);
  }
  return { address, port: number };
}

/**
 * Where names outside the cluster are asked for. Files stand for the servers that they name; a file that is not there
 * names none. @throws Error
 */
export function upstreamsOf(list: readonly string[]): Upstream[] {
  return list.flatMap((entry) => {
    if (!entry.includes("/")) return [parseUpstream(entry)];
    const text = existsSync(entry) ? readFileSync(entry, "utf8") : "";
    return serversOf(text).map((address) => ({ address, port: DNS_PORT }));
  });
}
