import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { unmountBelow } from "../volumes/mount.ts";

/** Where clusters have their Pods' addresses; the first is the usual one. */
const POD_RANGES = Array.from({ length: 11 }, (_, n) => `10.${244 + n}.0.0/16`);
const FORWARD = "/proc/sys/net/ipv4/ip_forward";
/** First of the nodes' addresses; those before are the machine's. */
const FIRST_NODE = 11;

export interface NodeNetwork {
  readonly name: string;
  /** Path of the network namespace that the node is. */
  readonly namespace: string;
  readonly address: string;
  readonly podCidr: string;
}

export interface MachineNetwork {
  /** The machine's address in the network of its nodes. */
  readonly gateway: string;
  /** Where a proxy of the machine itself may keep its rules; undefined: another cluster's Services are there already. */
  readonly proxyTable: string | undefined;
  readonly nodes: readonly NodeNetwork[];
}

/**
 * Names and addresses come from the data folder alone, so that what a killed process made is found again. Two folders
 * may meet in one range; the second then says that the address is taken.
 */
function namesOf(folder: string) {
  const hash = createHash("sha256").update(folder).digest("hex");
  // RFC 2544 gives this range to tests of networks; no real network has it.
  const range = `198.18.${Number.parseInt(hash.slice(0, 2), 16)}`;
  return {
    range,
    bridge: `inb${hash.slice(0, 10)}`,
    veth: (index: number) => `inv${hash.slice(0, 8)}${index}`,
    table: `inkube-${hash.slice(0, 10)}`,
    proxyTable: `inkube-${hash.slice(0, 10)}-proxy`,
    /** What the machine was like before. */
    before: join(folder, "network.json"),
  };
}

/** Path of a node's network namespace. */
export const namespaceOf = (folder: string, name: string): string => join(folder, name, "network-namespace");

function run(program: string, args: readonly string[], input = ""): string {
  try {
    return execFileSync(program, args, { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
  } catch (error) {
    const { stderr } = error as { stderr?: string }; // what execFileSync adds to its errors
    throw new Error(`${program} ${args.join(" ")}: ${stderr?.trim() || String(error)}`);
  }
}

const ip = (...commands: readonly string[]) => run("ip", ["-batch", "-"], commands.join("\n"));
/** Commands of ip(8) inside a node. Not `ip -n`: it mounts a new /sys, which would hide the cgroups. */
const inNode = (namespace: string, ...commands: readonly string[]) =>
  run("nsenter", [`--net=${namespace}`, "ip", "-batch", "-"], commands.join("\n"));
/** Not by /sys, which shows the network that it was mounted in. */
const exists = (link: string) =>
  readFileSync("/proc/self/net/dev", "utf8")
    .split("\n")
    .some((line) => line.trimStart().startsWith(`${link}:`));
const isMounted = (path: string) =>
  readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .some((line) => line.split(" ")[4] === path);

/**
 * Gives each node of this machine a network namespace of its own, joined to the others and to the machine by a bridge.
 * Idempotent: nodes that are there already stay, and their Pods with them.
 *
 * @param folder of all nodes
 * @param ranges all Pods' addresses, of which the nth node has the nth /24; and all Services'
 */
export function openMachineNetwork(
  folder: string,
  nodes: readonly string[],
  { pods, services }: { readonly pods: string; readonly services: string },
): MachineNetwork {
  const { range, bridge, veth, table, proxyTable, before } = namesOf(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = readBefore(before);
  const names = [...new Set([...(found?.nodes ?? []), ...nodes])];
  const forward = found?.forward ?? readFileSync(FORWARD, "utf8").trim();
  writeFileSync(before, JSON.stringify({ forward, nodes: names, pods } satisfies Before));
  const gateway = `${range}.1`;
  if (!exists(bridge)) {
    ip(`link add ${bridge} type bridge`, `addr add ${gateway}/24 dev ${bridge}`, `link set ${bridge} up`);
  }
  writeFileSync(FORWARD, "1");
  const made = nodes.map((name): NodeNetwork => {
    const index = names.indexOf(name);
    const node = {
      name,
      namespace: namespaceOf(folder, name),
      address: `${range}.${FIRST_NODE + index}`,
      podCidr: nthRange(pods, index),
    };
    openNode(node, { bridge, veth: veth(index), gateway });
    ip(`route replace ${node.podCidr} via ${node.address} dev ${bridge}`);
    return node;
  });
  // Nodes may not see each other's Node objects, so their routes are not theirs to keep.
  for (const { namespace, name } of made) {
    const others = made.filter((other) => other.name !== name);
    inNode(namespace, ...others.map(({ podCidr, address }) => `route replace ${podCidr} via ${address} dev eth0`));
  }
  // The world outside knows the machine, but neither its nodes nor their Pods.
  run(
    "nft",
    ["-f", "-"],
    [
      `table ip ${table}`,
      `delete table ip ${table}`,
      `table ip ${table} {`,
      "chain postrouting {",
      "type nat hook postrouting priority srcnat; policy accept;",
      `ip saddr { ${range}.0/24, ${pods} } ip daddr != { ${range}.0/24, ${pods} } oifname != "${bridge}" masquerade`,
      "}",
      "}",
      "",
    ].join("\n"),
  );
  const hasServices = routeServices(services, bridge, gateway);
  return { gateway, proxyTable: hasServices ? proxyTable : undefined, nodes: made };
}

/**
 * A packet needs a way before its address can be translated, and the machine may have no default one.
 *
 * @returns whether these Services are the machine's: those of another cluster may have the same addresses
 */
function routeServices(services: string, bridge: string, gateway: string): boolean {
  const [, user] = /\bdev (\S+)/.exec(run("ip", ["route", "show", "root", services])) ?? [];
  if (user === undefined) ip(`route add ${services} dev ${bridge} src ${gateway}`);
  return user === undefined || user === bridge;
}

function openNode(node: NodeNetwork, { bridge, veth, gateway }: { bridge: string; veth: string; gateway: string }) {
  const { namespace, address } = node;
  mkdirSync(dirname(namespace), { recursive: true, mode: 0o755 });
  if (isMounted(namespace)) return;
  closeSync(openSync(namespace, "a"));
  run("unshare", [`--net=${namespace}`, "true"]);
  ip(
    `link add ${veth} type veth peer name eth0 netns ${namespace}`,
    `link set ${veth} master ${bridge}`,
    `link set ${veth} up`,
  );
  inNode(
    namespace,
    "link set lo up",
    `addr add ${address}/24 dev eth0`,
    "link set eth0 up",
    `route add default via ${gateway}`,
  );
  run("nsenter", [`--net=${namespace}`, "sh", "-c", `echo 1 > ${FORWARD}`]);
}

/** What was written down before the machine was changed. */
interface Before {
  readonly forward: string;
  /** In the order of their numbers. */
  readonly nodes: readonly string[];
  /** All Pods' addresses. */
  readonly pods: string;
}

/** The nth /24 of a range. @throws Error when it has no room for it */
export function nthRange(range: string, n: number): string {
  const [, a, b, c, bits] = /^(\d+)\.(\d+)\.(\d+)\.\d+\/(\d+)$/.exec(range)?.map(Number) ?? [];
  if (a === undefined || b === undefined || c === undefined || bits === undefined || bits > 24) {
    throw new Error(`${range}: real nodes take a /24 each of an IPv4 range`);
  }
  if (n >= 2 ** (24 - bits)) throw new Error(`${range} has no room for ${n + 1} nodes`);
  const first = a * 65_536 + b * 256 + c + n;
  return `${first >> 16}.${(first >> 8) & 255}.${first & 255}.0/24`;
}

/** The range that a folder's Pods have, or one that nothing on this machine uses: several clusters may run on it. */
export function podRange(folder: string): string {
  const found = readBefore(namesOf(folder).before);
  if (found) return found.pods;
  const routes = run("ip", ["-4", "route", "show", "table", "all"]);
  const used = new Set([...routes.matchAll(/\b10\.\d+\./g)].map(([prefix]) => prefix));
  const free = POD_RANGES.find((range) => !used.has(range.replace("0.0/16", "")));
  if (!free)
    throw new Error(`none of ${POD_RANGES[0]} … ${POD_RANGES.at(-1)} is free for Pods; choose one with --cluster-cidr`);
  return free;
}

function readBefore(path: string): Before | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Before) : undefined;
}

/** Names of the nodes that a folder's network was made for; undefined when there is none. */
export function nodesOfNetwork(folder: string): readonly string[] | undefined {
  return readBefore(namesOf(folder).before)?.nodes;
}

/** Takes away all that was made for the nodes of a folder. Idempotent. */
export function closeMachineNetwork(folder: string): void {
  const { bridge, veth, table, proxyTable, before } = namesOf(folder);
  const found = readBefore(before);
  if (!found) return;
  for (const [index, name] of found.nodes.entries()) {
    // Its end inside goes with it at once; the namespace might live on for a while.
    if (exists(veth(index))) ip(`link delete ${veth(index)}`);
    const namespace = namespaceOf(folder, name);
    if (isMounted(namespace)) unmountBelow(namespace);
    rmSync(namespace, { force: true });
  }
  if (exists(bridge)) ip(`link delete ${bridge}`);
  for (const each of [`ip ${table}`, `ip ${proxyTable}`, `ip6 ${proxyTable}`]) {
    run("nft", ["-f", "-"], `table ${each}\ndelete table ${each}\n`);
  }
  if (readFileSync(FORWARD, "utf8").trim() !== found.forward) writeFileSync(FORWARD, found.forward);
  rmSync(before);
}
