import { sleep } from "../../../../../client/index.ts";
import type { Process } from "../../behaviour.ts";
import { NetworkError } from "../../network/network-error.ts";
import type { Commands } from "../command.ts";
import { curl } from "./curl.ts";
import { lookupCommands } from "./lookup-commands.ts";
import { nc } from "./nc.ts";
import { netstat } from "./netstat.ts";
import { readOptions } from "./options.ts";
import { lookUp } from "./resolver.ts";
import { wget } from "./wget.ts";

/** Commands that reach other Pods, and Services by name. */
export const networkCommands: Commands = {
  ...lookupCommands,
  curl,
  wget,
  nc,
  netstat,
  ping,
  async ip(process) {
    const [, object, verb] = process.args;
    if (object === "link" && (verb === "add" || verb === "del")) {
      if (process.privileges.privileged) return 0;
      process.stderr.write("ip: RTNETLINK answers: Operation not permitted\n");
      return 2;
    }
    const { address } = process.network;
    process.stdout.write(
      `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500\n    inet ${address}/24 scope global eth0\n`,
    );
    return 0;
  },
};

/** ping of busybox: an address that exists answers. */
async function ping(process: Process): Promise<number> {
  const short = { c: "count", W: "wait", w: "deadline", i: "interval", q: "quiet", "4": "four", "6": "six" };
  const { given, rest } = readOptions(process.args, short, ["count", "wait", "deadline", "interval"], []);
  const [host = ""] = rest;
  const { clock, signal, stdout } = process;
  const count = Number(given.get("count")?.at(-1) ?? Number.POSITIVE_INFINITY);
  const address = await lookUp(process, host).then(
    ([first]) => first ?? "",
    () => undefined,
  );
  if (address === undefined) {
    process.stderr.write(`ping: bad address '${host}'\n`);
    return 1;
  }
  stdout.write(`PING ${host} (${address}): 56 data bytes\n`);
  let sent = 0;
  let received = 0;
  while (sent < count && !signal.aborted) {
    if (sent > 0) await sleep(clock, 1000, signal);
    if (await isThere(process, address)) {
      if (!given.has("quiet")) stdout.write(`64 bytes from ${address}: seq=${sent} ttl=64 time=0.050 ms\n`);
      received++;
    }
    sent++;
  }
  const lost = sent === 0 ? 0 : Math.round((100 * (sent - received)) / sent);
  const times = received > 0 ? "round-trip min/avg/max = 0.050/0.050/0.050 ms\n" : "";
  stdout.write(
    `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${received} packets received, ${lost}% packet loss\n${times}`,
  );
  return received > 0 ? 0 : 1;
}

/** A port that nobody has refuses, where there is an address. */
async function isThere({ network }: Process, address: string): Promise<boolean> {
  try {
    (await network.dial({ address, port: 65_535 })).destroy();
    return true;
  } catch (error) {
    return error instanceof NetworkError && error.code === "ECONNREFUSED";
  }
}
