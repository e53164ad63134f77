import { existsSync, readFileSync } from "node:fs";

/** Where cadvisor looks for each, first found first. (cadvisor machine/info.go, utils/sysfs/sysfs.go GetSystemUUID) */
const MACHINE_ID = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
const BOOT_ID = ["/proc/sys/kernel/random/boot_id"];
const SYSTEM_UUID = [
  "/sys/class/dmi/id/product_uuid",
  "/proc/device-tree/system-id",
  "/proc/device-tree/vm,uuid",
  "/etc/machine-id",
];

/** What tells one machine, and one start of it, from another. */
export interface MachineIdentity {
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
}

/** @returns empty where there is none of the files, as kubelet reports it */
function firstOf(paths: readonly string[]): string {
  for (const path of paths) {
    if (existsSync(path)) return readFileSync(path, "utf8").replaceAll("\0", "").trim();
  }
  return "";
}

/** Who this machine is. @throws Error when a file may not be read */
export function machineIdentity(): MachineIdentity {
  return { machineId: firstOf(MACHINE_ID), systemUuid: firstOf(SYSTEM_UUID), bootId: firstOf(BOOT_ID) };
}

/** Name of this machine's operating system. */
export function machineOsImage(): string {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? "Linux";
}
