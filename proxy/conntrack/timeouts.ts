import { readFileSync, writeFileSync } from "node:fs";

/** How long the kernel remembers connections, in seconds; 0 leaves the kernel's own. */
export interface ConntrackTimeouts {
  readonly tcpEstablished: number;
  readonly tcpCloseWait: number;
  readonly udp: number;
  readonly udpStream: number;
  /** Packets out of a connection's window are taken too. */
  readonly tcpBeLiberal: boolean;
}

const FOLDER = "/proc/sys/net/netfilter";

/**
 * Which settings of the network namespace they are. The number of connections, which upstream's proxy raises too, is the
 * whole machine's. (pkg/proxy/conntrack/sysctls.go)
 */
export function timeoutSysctls(timeouts: ConntrackTimeouts): [name: string, value: number][] {
  const { tcpEstablished, tcpCloseWait, udp, udpStream, tcpBeLiberal } = timeouts;
  const all: [string, number][] = [
    ["nf_conntrack_tcp_timeout_established", tcpEstablished],
    ["nf_conntrack_tcp_timeout_close_wait", tcpCloseWait],
    ["nf_conntrack_udp_timeout", udp],
    ["nf_conntrack_udp_timeout_stream", udpStream],
    ["nf_conntrack_tcp_be_liberal", tcpBeLiberal ? 1 : 0],
  ];
  return all.filter(([, value]) => value > 0);
}

/** Sets them. @throws Error when the kernel does not let it */
export function setTimeouts(timeouts: ConntrackTimeouts): void {
  for (const [name, value] of timeoutSysctls(timeouts)) {
    const file = `${FOLDER}/${name}`;
    if (readFileSync(file, "utf8").trim() !== String(value)) writeFileSync(file, String(value));
  }
}
