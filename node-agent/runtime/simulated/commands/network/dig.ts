import { isIP } from "node:net";
import type { Process } from "../../behaviour.ts";
import { type DnsAnswer, type DnsRecord, type RecordType, TTL } from "../../network/names.ts";
import { ask, candidates, resolverConfig } from "./resolver.ts";

const TYPES: readonly string[] = ["A", "AAAA", "CNAME", "PTR", "SRV"];
/** What it prints; `+all` and `+noall` set all of them. */
const SECTIONS = ["comments", "question", "answer", "authority", "additional", "stats", "cmd"];

interface Query {
  name: string;
  type: string;
  server?: string;
  readonly flags: Map<string, boolean>;
}

/** dig of BIND. Kinds of records that cluster DNS does not have are answered by an empty answer. */
export async function dig(process: Process): Promise<number> {
  const query = queryOf(process.args);
  const config = await resolverConfig(process);
  const servers = query.server === undefined ? config.servers : [query.server];
  const flag = (name: string, otherwise: boolean) => query.flags.get(name) ?? otherwise;
  const names = flag("search", false) ? candidates(query.name, config) : [`${query.name.replace(/\.$/, "")}.`];
  let answer: (DnsAnswer & { server: string }) | undefined;
  let asked = "";
  for (const name of names) {
    asked = name;
    try {
      answer = await ask(process, servers, name, query.type as RecordType); // others find nothing
    } catch {
      const comment = flag("comments", true) && !flag("short", false);
      const words = `communications error to ${servers[0] ?? "127.0.0.1"}#53: timed out`;
      process.stdout.write(comment ? `;; ${words}\n\n` : "");
      process.stdout.write(`;; no servers could be reached\n`);
      return 9;
    }
    if (answer.code === "NOERROR") break;
  }
  if (!answer) return 9;
  const { records, server, code } = answer;
  if (flag("short", false)) {
    process.stdout.write(records.map(({ data }) => `${data}\n`).join(""));
    return 0;
  }
  const parts: string[] = [];
  if (flag("cmd", true))
    parts.push(`\n; <<>> DiG 9.20.15 <<>> ${process.args.slice(1).join(" ")}\n;; global options: +cmd\n`);
  if (flag("comments", true)) {
    const counts = `QUERY: 1, ANSWER: ${records.length}, AUTHORITY: 0, ADDITIONAL: 0`;
    parts.push(
      `;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${code}, id: ${Math.floor(process.random() * 65_536)}\n`,
    );
    parts.push(`;; flags: qr aa rd; ${counts}\n\n`);
  }
  if (flag("question", true)) {
    parts.push(`${flag("comments", true) ? ";; QUESTION SECTION:\n" : ""};${asked}\t\tIN\t${query.type}\n\n`);
  }
  if (flag("answer", true) && records.length > 0) {
    parts.push(`${flag("comments", true) ? ";; ANSWER SECTION:\n" : ""}${records.map(line).join("")}`);
    if (flag("comments", true)) parts.push("\n");
  }
  if (flag("stats", true)) {
    const protocol = flag("tcp", false) ? "TCP" : "UDP";
    const at = process.clock.now().toUTCString();
    parts.push(`;; Query time: 0 msec\n;; SERVER: ${server}#53(${server}) (${protocol})\n;; WHEN: ${at}\n\n`);
  }
  process.stdout.write(parts.join(""));
  return 0;
}

const line = ({ name, type, data }: DnsRecord) => `${name}\t\t${TTL}\tIN\t${type}\t${data}\n`;

function queryOf(args: readonly string[]): Query {
  const flags = new Map<string, boolean>();
  const query: Query = { name: ".", type: "A", flags };
  for (let at = 1; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg.startsWith("@")) query.server = arg.slice(1);
    else if (arg === "-x") Object.assign(query, { name: reverseName(args[++at] ?? ""), type: "PTR" });
    else if (arg === "-t") query.type = (args[++at] ?? "A").toUpperCase();
    else if (arg === "-q") query.name = args[++at] ?? "";
    else if (arg.startsWith("+")) setFlag(flags, arg.slice(1));
    else if (TYPES.includes(arg.toUpperCase()) || /^(ANY|MX|NS|SOA|TXT)$/i.test(arg)) query.type = arg.toUpperCase();
    else if (!/^(-[46]|IN)$/.test(arg)) query.name = arg;
  }
  return query;
}

function setFlag(flags: Map<string, boolean>, text: string): void {
  const [name = ""] = text.split("=");
  const isOff = name.startsWith("no") && name !== "notify";
  const plain = isOff ? name.slice(2) : name;
  if (plain === "all") for (const section of SECTIONS) flags.set(section, !isOff);
  else if (plain === "vc") flags.set("tcp", !isOff);
  else flags.set(plain, !isOff);
}

/** The name under which an address is looked up. */
export function reverseName(address: string): string {
  if (isIP(address) !== 6) return `${address.split(".").reverse().join(".")}.in-addr.arpa.`;
  const [head = "", tail] = address.split("::");
  const front = head.split(":").filter(Boolean);
  const back = (tail ?? "").split(":").filter(Boolean);
  const middle = Array<string>(tail === undefined ? 0 : 8 - front.length - back.length).fill("0");
  const digits = [...front, ...middle, ...back].map((group) => group.padStart(4, "0")).join("");
  return `${digits.split("").reverse().join(".")}.ip6.arpa.`;
}
