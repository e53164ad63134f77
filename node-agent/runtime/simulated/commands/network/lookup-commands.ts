import { isIP } from "node:net";
import type { Process } from "../../behaviour.ts";
import type { Commands } from "../command.ts";
import { dig, reverseName } from "./dig.ts";
import { ask, candidates, lookUp, resolverConfig } from "./resolver.ts";

/** Commands that ask for names. */
export const lookupCommands: Commands = {
  dig,
  nslookup,
  async getent({ args, ...process }) {
    const [, database = "", ...names] = args;
    if (!/^(hosts|ahosts|ahostsv4|ahostsv6)$/.test(database) || names.length === 0) return 1;
    let code = 0;
    for (const name of names) {
      const found = await lookUp({ args, ...process }, name).catch(() => []);
      if (found.length === 0) code = 2;
      for (const address of found) process.stdout.write(`${address.padEnd(15)} ${name}\n`);
    }
    return code;
  },
  async host(process) {
    const [, name = ""] = process.args;
    const found = await lookUp(process, name).catch(() => []);
    if (found.length === 0) process.stdout.write(`Host ${name} not found: 3(NXDOMAIN)\n`);
    for (const address of found)
      process.stdout.write(`${name} has ${isIP(address) === 6 ? "IPv6 " : ""}address ${address}\n`);
    return found.length > 0 ? 0 : 1;
  },
};

/** nslookup of BIND, for one name. */
async function nslookup(process: Process): Promise<number> {
  const words = process.args.slice(1).filter((arg) => !arg.startsWith("-"));
  const type = /^-(?:type|query|q)=(\w+)$/.exec(process.args.find((arg) => arg.startsWith("-")) ?? "")?.[1];
  const [name = "", server] = words;
  const config = await resolverConfig(process);
  const servers = server === undefined ? config.servers : [server];
  const isAddress = isIP(name) !== 0;
  const names = isAddress ? [reverseName(name)] : candidates(name, config);
  const types = isAddress
    ? (["PTR"] as const)
    : type?.toUpperCase() === "SRV"
      ? (["SRV"] as const)
      : (["A", "AAAA"] as const);
  const { stdout } = process;
  let greeted = false;
  for (const candidate of names) {
    const lines: string[] = [];
    let exists = false;
    for (const each of types) {
      const answer = await ask(process, servers, candidate, each).catch(() => undefined);
      if (!answer) {
        stdout.write(";; connection timed out; no servers could be reached\n\n");
        return 1;
      }
      if (!greeted) stdout.write(`Server:\t\t${answer.server}\nAddress:\t${answer.server}#53\n\n`);
      greeted = true;
      exists ||= answer.code === "NOERROR";
      for (const record of answer.records) {
        const own = record.name.replace(/\.$/, "");
        if (record.type === "CNAME") lines.push(`${own}\tcanonical name = ${record.data}`);
        else if (record.type === "PTR") lines.push(`${own}\tname = ${record.data}`);
        else if (record.type === "SRV") lines.push(`${own}\tservice = ${record.data}`);
        else lines.push(`Name:\t${own}\nAddress: ${record.data}`);
      }
    }
    if (exists) {
      stdout.write(
        lines.length > 0 ? `${[...new Set(lines)].join("\n")}\n\n` : `*** Can't find ${name}: No answer\n\n`,
      );
      return lines.length > 0 ? 0 : 1;
    }
  }
  stdout.write(`** server can't find ${(names.at(-1) ?? name).replace(/\.$/, "")}: NXDOMAIN\n\n`);
  return 1;
}
