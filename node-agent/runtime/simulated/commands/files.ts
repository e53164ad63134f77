import type { Process } from "../behaviour.ts";
import { FileError, modeText, type Node } from "../files/node.ts";
import { type Commands, each, flagsOf, pathOf } from "./command.ts";
import { baseName, pathCommands } from "./paths.ts";

/** What every container has mounted. */
const KERNEL_MOUNTS = [
  { device: "overlay", path: "/", type: "overlay", access: "rw" },
  { device: "proc", path: "/proc", type: "proc", access: "rw" },
  { device: "tmpfs", path: "/dev", type: "tmpfs", access: "rw" },
  { device: "sysfs", path: "/sys", type: "sysfs", access: "ro" },
  { device: "cgroup", path: "/sys/fs/cgroup", type: "cgroup2", access: "ro" },
];

const cannot = (verb: string) => (path: string) => `can't ${verb} '${path}'`;

/** Commands that look at files and change them. (busybox) */
export const fileCommands: Commands = {
  ls,
  mkdir(process) {
    const { flags, rest } = flagsOf(process.args, "m");
    const mode = Number.parseInt(flags.get("m") ?? "755", 8);
    return each(
      process,
      rest,
      (path) => `can't create directory '${path}'`,
      (path) => process.files.makeDirectory(pathOf(process, path), { parents: flags.has("p"), mode }),
    );
  },
  rmdir(process) {
    return each(
      process,
      flagsOf(process.args).rest,
      (path) => `'${path}'`,
      (path) => process.files.removeDirectory(pathOf(process, path)),
    );
  },
  rm(process) {
    const { flags, rest } = flagsOf(process.args);
    const recursive = flags.has("r") || flags.has("R");
    return each(process, rest, cannot("remove"), async (path) => {
      await process.files.remove(pathOf(process, path), { recursive }).catch((error: unknown) => {
        if (!(flags.has("f") && error instanceof FileError && error.code === "ENOENT")) throw error;
      });
    });
  },
  touch(process) {
    return each(
      process,
      flagsOf(process.args).rest,
      (path) => path,
      async (path) => {
        const target = pathOf(process, path);
        if (await process.files.exists(target)) await process.files.change(target, { modified: process.clock.now() });
        else await process.files.write(target, Buffer.alloc(0));
      },
    );
  },
  ln(process) {
    const { flags, rest } = flagsOf(process.args);
    const [target = "", path = baseName(target)] = rest;
    if (!flags.has("s")) {
      process.stderr.write("ln: only symbolic links (-s) exist here\n");
      return Promise.resolve(1);
    }
    return each(
      process,
      [path],
      () => path,
      async () => {
        if (flags.has("f")) await process.files.remove(pathOf(process, path)).catch(() => {});
        await process.files.link(target, pathOf(process, path));
      },
    );
  },
  cp(process) {
    const { flags, rest } = flagsOf(process.args);
    const deep = ["r", "R", "a"].some((flag) => flags.has(flag));
    return into(process, rest, (from, to) => copy(process, from, to, deep));
  },
  mv(process) {
    const { flags, rest } = flagsOf(process.args);
    return into(process, rest, async (from, to) => {
      const [source = "", target = ""] = [from, to].map((path) => pathOf(process, path));
      await process.files.rename(source, target);
      if (flags.has("v")) process.stdout.write(`'${from}' -> '${to}'\n`);
    });
  },
  chmod(process) {
    const { rest } = flagsOf(process.args.map((arg) => (/^-[rwx]+$/.test(arg) ? `a${arg}` : arg)));
    const [mode = "", ...paths] = rest;
    return each(
      process,
      paths,
      (path) => path,
      async (path) => {
        const target = pathOf(process, path);
        await process.files.change(target, { mode: changedMode(mode, (await process.files.stat(target)).mode) });
      },
    );
  },
  chown(process) {
    const [owner = "", ...paths] = flagsOf(process.args).rest;
    const [uid, gid] = owner.split(":");
    if (process.files.identity.uid !== 0 || !/^\d*(:\d*)?$/.test(owner)) {
      process.stderr.write(`chown: ${paths[0]}: Operation not permitted\n`);
      return Promise.resolve(1);
    }
    return each(
      process,
      paths,
      (path) => path,
      (path) =>
        process.files.change(pathOf(process, path), {
          ...(uid && { uid: Number(uid) }),
          ...(gid && { gid: Number(gid) }),
        }),
    );
  },
  async stat(process) {
    const { flags, rest } = flagsOf(process.args, "c");
    return each(process, rest, cannot("stat"), async (path) => {
      const node = await process.files.stat(pathOf(process, path), flags.has("L"));
      const format = flags.get("c") ?? "  File: %n\n  Size: %s\n  Access: (%a/%A)  Uid: %u  Gid: %g";
      process.stdout.write(
        `${format.replaceAll(/%([a-zA-Z])/g, (whole, letter: string) => statField(letter, path, node) ?? whole)}\n`,
      );
    });
  },
  ...pathCommands,
  async mount(process) {
    const { flags } = flagsOf(process.args, "t");
    const wanted = flags.get("t");
    const volumes = [...process.files.mounts].map(([path, { node, readOnly }]) => {
      const type = (node.type === "directory" && node.fileSystem) || "ext4";
      return { device: type, path, type, access: readOnly ? "ro" : "rw" };
    });
    for (const { device, path, type, access } of [...KERNEL_MOUNTS, ...volumes]) {
      if (wanted === undefined || wanted === type)
        process.stdout.write(`${device} on ${path} type ${type} (${access},relatime)\n`);
    }
    return 0;
  },
  async find(process) {
    const { args, files, stdout } = process;
    const roots = args.slice(1, args.findIndex((arg, index) => index > 0 && arg.startsWith("-")) >>> 0);
    const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
    const type = option("-type");
    const name = option("-name");
    const pattern =
      name &&
      new RegExp(
        `^${name
          .replaceAll(/[.+^${}()|\\]/g, "\\$&")
          .replaceAll("*", ".*")
          .replaceAll("?", ".")}$`,
      );
    const walk = async (path: string): Promise<void> => {
      const node = await files.stat(pathOf(process, path), false);
      const letter = node.type === "directory" ? "d" : node.type === "link" ? "l" : "f";
      if ((!type || type === letter) && (!pattern || pattern.test(baseName(path)))) stdout.write(`${path}\n`);
      if (node.type !== "directory") return;
      for (const entry of await files.list(pathOf(process, path))) await walk(`${path.replace(/\/$/, "")}/${entry}`);
    };
    return each(process, roots.length > 0 ? roots : ["."], (path) => path, walk);
  },
};

/** The last path is where to; a directory takes what is moved or copied by its own name. */
async function into(
  process: Process,
  paths: readonly string[],
  act: (from: string, to: string) => Promise<void>,
): Promise<number> {
  const to = paths.at(-1) ?? "";
  const target = await process.files.stat(pathOf(process, to)).catch(() => undefined);
  const verb = process.args[0]?.endsWith("mv") ? "rename" : "stat";
  return each(process, paths.slice(0, -1), cannot(verb), (from) =>
    act(from, target?.type === "directory" ? `${to.replace(/\/$/, "")}/${baseName(from)}` : to),
  );
}

async function copy(process: Process, from: string, to: string, deep: boolean): Promise<void> {
  const { files } = process;
  const node = await files.stat(pathOf(process, from));
  if (node.type !== "directory") {
    return files.write(pathOf(process, to), await files.read(pathOf(process, from)), { mode: node.mode });
  }
  if (!deep) throw new FileError("EISDIR");
  await files.makeDirectory(pathOf(process, to), { parents: true, mode: node.mode });
  for (const name of await files.list(pathOf(process, from)))
    await copy(process, `${from}/${name}`, `${to}/${name}`, true);
}

/** `644`, `u+x`, `go-w`, `a=r`. */
export function changedMode(text: string, mode: number): number {
  if (/^[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  let result = mode;
  for (const part of text.split(",")) {
    const [, who = "", operator, letters = ""] = /^([ugoa]*)([-+=])([rwxs]*)$/.exec(part) ?? [];
    const bits = [...letters].reduce((sum, letter) => sum | ({ r: 4, w: 2, x: 1 }[letter] ?? 0), 0);
    for (const [letter, shift] of [
      ["u", 6],
      ["g", 3],
      ["o", 0],
    ] as const) {
      if (who && !who.includes(letter) && !who.includes("a")) continue;
      if (operator === "+") result |= bits << shift;
      else if (operator === "-") result &= ~(bits << shift);
      else result = (result & ~(7 << shift)) | (bits << shift);
    }
  }
  return result;
}

function statField(letter: string, path: string, node: Node): string | undefined {
  const size = node.type === "file" ? node.content.length : 4096;
  const kind = { file: "regular file", directory: "directory", link: "symbolic link" }[node.type];
  const seconds = Math.floor(node.modified.getTime() / 1000);
  const fields = {
    n: path,
    s: size,
    a: node.mode.toString(8),
    A: modeText(node),
    u: node.uid,
    g: node.gid,
    F: kind,
    Y: seconds,
  };
  const value = fields[letter as keyof typeof fields]; // other letters are not there
  return value === undefined ? undefined : String(value);
}

async function ls(process: Process): Promise<number> {
  const { flags, rest } = flagsOf(process.args);
  const { files, stdout } = process;
  const line = async (name: string, path: string) => {
    if (!flags.has("l")) return `${name}\n`;
    const node = await files.stat(path, false);
    const size = node.type === "file" ? node.content.length : 4096;
    const at = node.modified.toISOString().slice(0, 16).replace("T", " ");
    const owner = flags.has("n")
      ? `${node.uid} ${node.gid}`
      : `${node.uid === 0 ? "root" : node.uid} ${node.gid === 0 ? "root" : node.gid}`;
    const arrow = node.type === "link" ? ` -> ${node.target}` : "";
    return `${modeText(node)} 1 ${owner} ${String(size).padStart(9)} ${at} ${name}${arrow}\n`;
  };
  const many = rest.length > 1;
  return each(
    process,
    rest.length > 0 ? rest : ["."],
    (path) => path,
    async (path) => {
      const at = pathOf(process, path);
      const node = await files.stat(at);
      if (node.type !== "directory" || flags.has("d")) return void stdout.write(await line(path, at));
      if (many) stdout.write(`${path}:\n`);
      const names = (await files.list(at)).filter((name) => flags.has("a") || flags.has("A") || !name.startsWith("."));
      const all = flags.has("a") ? [".", "..", ...names] : names;
      if (flags.has("l")) stdout.write("total 0\n");
      for (const name of all) stdout.write(await line(name, pathOf(process, `${at}/${name}`)));
    },
  );
}
