import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { installation, type Need } from "./packages.ts";

/** Programs that real nodes call, with what each is part of. */
const PROGRAMS: readonly (readonly [program: string, Need])[] = [
  ["containerd", "containerd"],
  ["ctr", "containerd"],
  ["runc", "runc"],
  ["ip", "iproute"],
  ["nft", "nftables"],
  // Of the plugin for ports of the host.
  ["iptables", "iptables"],
  ["mount", "mount"],
  ["nsenter", "nsenter"],
  ["unshare", "nsenter"],
];
const PLUGINS = ["ptp", "host-local", "loopback", "portmap"];
/** Where Debian, Fedora and upstream's archives put CNI plugins. */
const PLUGIN_FOLDERS = ["/usr/lib/cni", "/usr/libexec/cni", "/opt/cni/bin"];
const OS_RELEASE = "/etc/os-release";
/** Debian keeps some of them off the PATH of ordinary users. */
const MORE_PATH = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

const isExecutable = (path: string) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** @returns undefined when the machine has none with all plugins that are used */
export function pluginFolder(): string | undefined {
  return PLUGIN_FOLDERS.find((folder) => PLUGINS.every((name) => isExecutable(join(folder, name))));
}

/**
 * What this machine lacks for running real Pods, in words for its user; undefined when nothing.
 * @param machine osRelease: text of /etc/os-release, undefined: of this machine
 */
export function missingPrerequisites(machine: {
  readonly platform: string;
  readonly uid: number | undefined;
  readonly path: string;
  readonly osRelease?: string;
}): string | undefined {
  const { platform, uid, path } = machine;
  if (platform !== "linux") return `--runtime cri runs Pods as Linux containers, and this is ${platform}`;
  const folders = [...path.split(delimiter), ...MORE_PATH];
  const missing = PROGRAMS.filter(([name]) => !folders.some((folder) => isExecutable(join(folder, name))));
  const names: string[] = missing.map(([name]) => name);
  const needs = missing.map(([, need]) => need);
  if (!pluginFolder()) {
    names.push(`CNI plugins (${PLUGINS.join(", ")}) in ${PLUGIN_FOLDERS.join(" or ")}`);
    needs.push("plugins");
  }
  const problems: string[] = [];
  if (uid !== 0) problems.push("it has to run as root, such as with sudo");
  if (names.length > 0) {
    const osRelease = machine.osRelease ?? (existsSync(OS_RELEASE) ? readFileSync(OS_RELEASE, "utf8") : "");
    problems.push(`missing: ${names.join(", ")}; ${installation(needs, osRelease)}`);
  }
  return problems.length > 0 ? `--runtime cri cannot run Pods here: ${problems.join("; ")}` : undefined;
}
