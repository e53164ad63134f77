import { isIP } from "node:net";
import type { Process } from "../../behaviour.ts";
import type { DnsAnswer, RecordType } from "../../network/names.ts";
import { NetworkError } from "../../network/network-error.ts";

/** What /etc/resolv.conf says. */
export interface ResolverConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly ndots: number;
}

/** The name has no address. */
export class UnknownHost extends Error {}

export async function resolverConfig({ files }: Process): Promise<ResolverConfig> {
  const lines = (await files.read("/etc/resolv.conf").catch(() => "")).toString("utf8").split("\n");
  const values = (keyword: string) =>
    lines.flatMap((line) => {
      const [first, ...rest] = line.trim().split(/\s+/);
      return first === keyword ? rest : [];
    });
  const ndots = values("options").findLast((option) => option.startsWith("ndots:"));
  return { servers: values("nameserver"), searches: values("search"), ndots: Number(ndots?.slice(6) ?? 1) };
}

/** Absolute names to try in turn. (resolv.conf(5)) */
export function candidates(name: string, { searches, ndots }: ResolverConfig): string[] {
  if (name.endsWith(".")) return [name];
  const searched = searches.map((domain) => `${name}.${domain.replace(/\.$/, "")}.`);
  const dots = name.split(".").length - 1;
  return dots >= ndots ? [`${name}.`, ...searched] : [...searched, `${name}.`];
}

/** Asks the servers in turn. @throws NetworkError when none answers */
export async function ask(
  { network }: Process,
  servers: readonly string[],
  name: string,
  type: RecordType,
): Promise<DnsAnswer & { readonly server: string }> {
  let failure: unknown = new NetworkError("ECONNREFUSED", { address: "127.0.0.1", port: 53 }, "UDP");
  for (const server of servers) {
    try {
      return { ...(await network.query(server, name, type)), server };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Addresses of a host: what it is, what /etc/hosts says, what DNS says. @throws UnknownHost */
export async function lookUp(process: Process, host: string): Promise<string[]> {
  const plain = host.replace(/^\[(.*)\]$/, "$1");
  if (isIP(plain)) return [plain];
  const known = await fromHosts(process, plain);
  if (known.length > 0) return known;
  const config = await resolverConfig(process);
  for (const name of candidates(plain, config)) {
    for (const type of ["A", "AAAA"] as const) {
      const answer = await ask(process, config.servers, name, type).catch(() => undefined);
      const found = answer?.records.filter((record) => record.type === type).map(({ data }) => data) ?? [];
      if (found.length > 0) return found;
    }
  }
  throw new UnknownHost(plain);
}

async function fromHosts({ files }: Process, host: string): Promise<string[]> {
  const lines = (await files.read("/etc/hosts").catch(() => "")).toString("utf8").split("\n");
  const found = lines.flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, "").split(/\s+/).filter(Boolean);
    return address && names.includes(host) ? [address] : [];
  });
  // Programs here listen on IPv4's loopback first, as they would be asked.
  return [...found.filter((address) => isIP(address) === 4), ...found.filter((address) => isIP(address) === 6)];
}
