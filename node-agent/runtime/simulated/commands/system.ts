import { once } from "node:events";
import { loadavg, uptime } from "node:os";
import { sleep as sleepFor } from "../../../../client/index.ts";
import type { Process } from "../behaviour.ts";
import { type Commands, flagsOf } from "./command.ts";
import { date, formatDate } from "./date.ts";
import { expr } from "./expr.ts";
import { kill } from "./kill.ts";

/** A process without a handler is ended by the signal itself. */
const ended = ({ signal }: Process) => 128 + Number(signal.reason ?? 15);

/** What `/bin/sysctl` knows when the Pod sets nothing. */
const SYSCTLS: Readonly<Record<string, string>> = {
  "kernel.shm_rmid_forced": "0",
  "net.ipv4.ip_local_port_range": "32768\t60999",
};

/** Commands about the process, its user and its machine. (busybox) */
export const systemCommands: Commands = {
  true: async () => 0,
  false: async () => 1,
  sync: async () => 0,
  async sleep(process) {
    const { args, clock, signal, stderr } = process;
    let seconds = 0;
    if (args.length < 2) {
      stderr.write("sleep: missing operand\n");
      return 1;
    }
    for (const word of args.slice(1)) {
      const [, number, unit] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(word) ?? [];
      if (/^inf(inity)?$/.test(word)) seconds = Number.POSITIVE_INFINITY;
      else if (number === undefined) {
        stderr.write(`sleep: invalid number '${word}'\n`);
        return 1;
      } else seconds += Number(number) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit || "s"] ?? 1);
    }
    if (seconds === Number.POSITIVE_INFINITY) {
      if (!signal.aborted) await once(signal, "abort");
    } else await sleepFor(clock, seconds * 1000, signal);
    return signal.aborted ? ended(process) : 0;
  },
  async env(process) {
    const { args, env, stdout } = process;
    const isEmpty = args[1] === "-i" || args[1] === "-";
    let at = isEmpty ? 2 : 1;
    const extra: Record<string, string> = {};
    for (; /^[A-Za-z_]\w*=/.test(args[at] ?? ""); at++) {
      const [name = "", ...value] = (args[at] ?? "").split("=");
      extra[name] = value.join("=");
    }
    const all = { ...(!isEmpty && env), ...extra };
    if (args.length > at) return process.run({ ...process, args: args.slice(at), env: all });
    for (const [name, value] of Object.entries(all)) stdout.write(`${name}=${value}\n`);
    return 0;
  },
  async timeout(process) {
    const { args, clock, signal } = process;
    const [name, ...rest] = args.slice(args[1] === "-s" ? 3 : 1);
    const [, count, unit = "s"] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(name ?? "") ?? [];
    if (count === undefined || rest.length === 0) {
      process.stderr.write(`timeout: invalid number '${name ?? ""}'\n`);
      return 1;
    }
    const over = new AbortController();
    const done = new AbortController();
    const seconds = Number(count) * ({ m: 60, h: 3600, d: 86_400 }[unit] ?? 1);
    void sleepFor(clock, seconds * 1000, done.signal).then(() => over.abort(15));
    const { terminate: _, ...child } = process;
    const code = await process.run({ ...child, args: rest, signal: AbortSignal.any([signal, over.signal]) });
    done.abort();
    return code;
  },
  async printenv({ args, env, stdout }) {
    const names = args.slice(1);
    for (const [name, value] of Object.entries(env)) {
      if (names.length === 0) stdout.write(`${name}=${value}\n`);
      else if (names.includes(name)) stdout.write(`${value}\n`);
    }
    return names.every((name) => Object.hasOwn(env, name)) ? 0 : 1;
  },
  async id(process) {
    const { uid, gid, groups } = process.files.identity;
    const { flags } = flagsOf(process.args);
    const named = (id: number) => (id === 0 ? "0(root)" : String(id));
    const all = [...new Set([gid, ...groups])];
    const own = flags.has("n") && uid === 0 ? "root" : String(uid);
    if (flags.has("u")) process.stdout.write(`${own}\n`);
    else if (flags.has("g")) process.stdout.write(`${gid}\n`);
    else if (flags.has("G")) process.stdout.write(`${all.join(" ")}\n`);
    else process.stdout.write(`uid=${named(uid)} gid=${named(gid)} groups=${all.map(named).join(",")}\n`);
    return 0;
  },
  async whoami({ files, stdout, stderr }) {
    const { uid } = files.identity;
    if (uid !== 0) {
      stderr.write(`whoami: unknown uid ${uid}\n`);
      return 1;
    }
    stdout.write("root\n");
    return 0;
  },
  async hostname({ args, hostname, network, stdout }) {
    stdout.write(args[1] === "-i" ? `${network.address}\n` : `${hostname}\n`);
    return 0;
  },
  date,
  expr,
  kill: (process) => kill(process),
  async uptime({ clock, stdout }) {
    // As in a real container: how long the machine is up, and how busy it is.
    const minutes = Math.floor(uptime() / 60);
    const days = Math.floor(minutes / 1440);
    const hours = Math.floor(minutes / 60) % 24;
    const rest = hours > 0 ? `${hours}:${String(minutes % 60).padStart(2, "0")}` : `${minutes % 60} min`;
    const since = `${days > 0 ? `${days} day${days > 1 ? "s" : ""}, ` : ""}${rest}`;
    const load = loadavg().map((value) => value.toFixed(2));
    stdout.write(` ${formatDate(clock.now(), "%T")} up ${since},  0 users,  load average: ${load.join(", ")}\n`);
    return 0;
  },
  async uname({ args, hostname, stdout }) {
    const { flags } = flagsOf(args);
    const parts = { s: "Linux", n: hostname, r: "6.8.0", m: "x86_64" };
    const wanted = Object.entries(parts).filter(([name]) => flags.has("a") || flags.has(name));
    stdout.write(`${wanted.map(([, value]) => value).join(" ") || "Linux"}\n`);
    return 0;
  },
  async sysctl(process) {
    const { rest } = flagsOf(process.args);
    let code = 0;
    for (const name of rest) {
      const path = `/proc/sys/${name.replaceAll(".", "/")}`;
      const set = await process.files.read(path).catch(() => undefined);
      const value = set?.toString("utf8").trimEnd() ?? SYSCTLS[name];
      if (value === undefined) {
        process.stderr.write(`sysctl: error: '${name}' is an unknown key\n`);
        code = 1;
      } else process.stdout.write(`${name} = ${value}\n`);
    }
    return code;
  },
  async stty({ args, terminal, stdout, stderr }) {
    if (!terminal) {
      stderr.write("stty: standard input: Not a tty\n");
      return 1;
    }
    const { width, height } = terminal.size();
    if (args[1] === "size") stdout.write(`${height} ${width}\n`);
    else if (args.length === 1) stdout.write(`speed 38400 baud; line = 0;\nrows ${height}; columns ${width};\n`);
    return 0;
  },
  async tty({ terminal, stdout }) {
    stdout.write(terminal ? "/dev/pts/0\n" : "not a tty\n");
    return terminal ? 0 : 1;
  },
  async nproc({ stdout }) {
    stdout.write("8\n");
    return 0;
  },
  async which(process) {
    let code = 0;
    for (const name of flagsOf(process.args).rest) {
      const paths = (process.env.PATH ?? "/bin").split(":").map((folder) => `${folder}/${name}`);
      let found: string | undefined;
      for (const path of name.includes("/") ? [name] : paths) {
        if (!found && (await process.files.allows(path, 1).catch(() => false))) found = path;
      }
      if (found) process.stdout.write(`${found}\n`);
      else code = 1;
    }
    return code;
  },
};
