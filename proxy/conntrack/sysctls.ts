import { readFileSync, writeFileSync } from "node:fs";
import type { Logger } from "../../client/index.ts";

/** How many connections the kernel remembers, and how long, in seconds; 0 leaves the kernel's own. */
export interface ConntrackSettings {
  /** Connections that are tracked at most: so many a core, but no less than the least; 0 leaves the kernel's own. */
  readonly maxPerCore: number;
  readonly min: number;
  readonly tcpEstablished: number;
  readonly tcpCloseWait: number;
  readonly udp: number;
  readonly udpStream: number;
  /** Packets out of a connection's window are taken too. */
  readonly tcpBeLiberal: boolean;
}

const FOLDER = "/proc/sys/net/netfilter";

/** Whatever the cores. */
const MOST = 1_048_576;

/** (pkg/proxy/conntrack/sysctls.go getConntrackMax) @returns 0 to leave the kernel's own */
export function conntrackMax({ maxPerCore, min }: ConntrackSettings, cores: number): number {
  if (maxPerCore === 0) return 0;
  return maxPerCore * cores > MOST ? MOST : Math.max(maxPerCore * cores, min);
}

/** Which settings of the network namespace they are; the number of connections is the whole machine's. */
export function conntrackSysctls(settings: ConntrackSettings, cores: number): [name: string, value: number][] {
  const { tcpEstablished, tcpCloseWait, udp, udpStream, tcpBeLiberal } = settings;
  const all: [string, number][] = [
    ["nf_conntrack_max", conntrackMax(settings, cores)],
    ["nf_conntrack_tcp_timeout_established", tcpEstablished],
    ["nf_conntrack_tcp_timeout_close_wait", tcpCloseWait],
    ["nf_conntrack_udp_timeout", udp],
    ["nf_conntrack_udp_timeout_stream", udpStream],
    ["nf_conntrack_tcp_be_liberal", tcpBeLiberal ? 1 : 0],
  ];
  return all.filter(([, value]) => value > 0);
}

/** Not to be set from within a network namespace other than the machine's. */
const MACHINE_WIDE = "nf_conntrack_max";

/** Sets them. @throws Error when the kernel does not let it */
export function setConntrack(settings: ConntrackSettings, cores: number, logger: Logger): void {
  for (const [name, value] of conntrackSysctls(settings, cores)) {
    const file = `${FOLDER}/${name}`;
    try {
      if (readFileSync(file, "utf8").trim() !== String(value)) writeFileSync(file, String(value));
    } catch (error) {
      if (name !== MACHINE_WIDE) throw error;
      logger.warn({ err: error, name, value }, "the number of tracked connections stays as the machine has it");
    }
  }
}
