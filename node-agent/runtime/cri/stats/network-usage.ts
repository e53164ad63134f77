import { readFileSync } from "node:fs";
import type { InterfaceUsage } from "../../node-usage.ts";

/** Lines of /proc/PID/net/dev: a name, eight numbers of what was received, eight of what was sent. */
export function interfacesIn(text: string): InterfaceUsage[] {
  return text.split("\n").flatMap((line) => {
    const [, name = "", numbers = ""] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    const values = numbers.trim().split(/\s+/).map(Number);
    const [rxBytes = 0, rxPackets = 0, rxErrors = 0, rxDropped = 0] = values;
    const [txBytes = 0, txPackets = 0, txErrors = 0, txDropped = 0] = values.slice(8);
    if (!name || name === "lo") return [];
    return [{ name, rxBytes, rxPackets, rxErrors, rxDropped, txBytes, txPackets, txErrors, txDropped }];
  });
}

/** The interfaces that a process sees; none when it has ended. */
export function networkUsage(pid: number | "self"): InterfaceUsage[] {
  try {
    return interfacesIn(readFileSync(`/proc/${pid}/net/dev`, "utf8"));
  } catch {
    return [];
  }
}
