import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Programs that real nodes call, with the Debian package each comes from. */
const PROGRAMS = [
  ["containerd", "containerd"],
  ["ctr", "containerd"],
  ["runc", "runc"],
  ["ip", "iproute2"],
  ["nft", "nftables"],
  // Of the plugin for ports of the host.
  ["iptables", "iptables"],
  ["mount", "mount"],
  ["nsenter", "util-linux"],
] as const;
const PLUGINS = ["ptp", "host-local", "loopback", "portmap"];
/** Where Debian and upstream's archives put CNI plugins. */
const PLUGIN_FOLDERS = ["/usr/lib/cni", "/opt/cni/bin"];
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

/** What this machine lacks for running real Pods, in words for its user; undefined when nothing. */
export function missingPrerequisites(machine: {
  readonly platform: string;
  readonly uid: number | undefined;
  readonly path: string;
}): string | undefined {
  const { platform, uid, path } = machine;
  if (platform !== "linux") return `--runtime cri runs Pods as Linux containers, and this is ${platform}`;
  const folders = [...path.split(delimiter), ...MORE_PATH];
  const missing = PROGRAMS.filter(([name]) => !folders.some((folder) => isExecutable(join(folder, name))));
  const names: string[] = missing.map(([name]) => name);
  const packages = new Set<string>(missing.map(([, name]) => name));
  if (!pluginFolder()) {
    names.push(`CNI plugins (${PLUGINS.join(", ")}) in ${PLUGIN_FOLDERS.join(" or ")}`);
    packages.add("containernetworking-plugins");
  }
  const problems: string[] = [];
  if (uid !== 0) problems.push("it has to run as root");
  if (names.length > 0) {
    problems.push(`missing: ${names.join(", ")}; on Debian: apt-get install ${[...packages].join(" ")}`);
  }
  return problems.length > 0 ? `--runtime cri cannot run Pods here: ${problems.join("; ")}` : undefined;
}
