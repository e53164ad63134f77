import { readFileSync } from "node:fs";
import { Counter, Gauge, type Registry } from "prom-client";

/** What prom-client does not tell of the process, and Go's client does on Linux. (client_golang process_collector) */
export function registerProcessMetrics(registry: Registry, proc = "/proc/self"): void {
  const registers = [registry];
  const traffic = (name: string, help: string, column: string) =>
    new Counter({
      ...{ name, help, registers },
      collect() {
        const octets = octetsOf(read(`${proc}/net/netstat`), column);
        this.reset();
        if (octets !== undefined) this.inc(octets);
      },
    });
  const received = "Number of bytes received by the process over the network.";
  traffic("process_network_receive_bytes_total", received, "InOctets");
  const sent = "Number of bytes sent by the process over the network.";
  traffic("process_network_transmit_bytes_total", sent, "OutOctets");
  new Gauge({
    name: "process_virtual_memory_max_bytes",
    help: "Maximum amount of virtual memory available in bytes.",
    registers,
    collect() {
      const [, most] = /^Max address space +(\S+)/m.exec(read(`${proc}/limits`)) ?? [];
      if (most !== undefined) this.set(most === "unlimited" ? 2 ** 64 : Number(most));
    },
  });
}

/** Not there: not Linux. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** A line of names, then one of their values. */
function octetsOf(netstat: string, column: string): number | undefined {
  const [names, values] = netstat.split("\n").filter((line) => line.startsWith("IpExt:"));
  const at = names?.split(" ").indexOf(column) ?? -1;
  const value = values?.split(" ")[at];
  return value === undefined ? undefined : Number(value);
}
