import { type Commands, each, flagsOf, pathOf } from "./command.ts";

/** What a path ends in. */
export const baseName = (path: string): string => path.replace(/\/+$/, "").split("/").pop() || "/";

/** Commands about names of files. (busybox coreutils, debianutils) */
export const pathCommands: Commands = {
  async basename({ args, stdout }) {
    const name = baseName(args[1] ?? "");
    const suffix = args[2] ?? "";
    stdout.write(`${suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name}\n`);
    return 0;
  },
  async dirname({ args, stdout }) {
    const path = (args[1] ?? "").replace(/\/+$/, "");
    stdout.write(`${path.includes("/") ? path.slice(0, path.lastIndexOf("/")) || "/" : "."}\n`);
    return 0;
  },
  async readlink(process) {
    const { flags, rest } = flagsOf(process.args);
    const [path = ""] = rest;
    if (flags.has("f")) {
      process.stdout.write(`${await process.files.realPath(pathOf(process, path))}\n`);
      return 0;
    }
    const node = await process.files.stat(pathOf(process, path), false).catch(() => undefined);
    if (node?.type === "link") process.stdout.write(`${node.target}\n`);
    return node?.type === "link" ? 0 : 1;
  },
  realpath(process) {
    return each(
      process,
      flagsOf(process.args).rest,
      (path) => path,
      async (path) => {
        const real = await process.files.realPath(pathOf(process, path));
        await process.files.stat(real);
        process.stdout.write(`${real}\n`);
      },
    );
  },
  async mktemp(process) {
    const { flags, rest } = flagsOf(process.args, "p");
    const { env, files, random, stdout, stderr } = process;
    const [template = "tmp.XXXXXX"] = rest;
    const marks = /X{6,}$/.exec(template)?.[0];
    if (!marks) {
      stderr.write(`mktemp: Invalid argument\n`);
      return 1;
    }
    const isInFolder = rest.length === 0 || flags.has("t") || flags.has("p");
    const folder = isInFolder ? `${flags.get("p") || env.TMPDIR || "/tmp"}/` : "";
    const letter = () => LETTERS[Math.floor(random() * LETTERS.length)] ?? "";
    const name = `${folder}${template.slice(0, -marks.length)}${[...marks].map(letter).join("")}`;
    const path = pathOf(process, name);
    if (flags.has("d")) await files.makeDirectory(path, { mode: 0o700 });
    else await files.write(path, Buffer.alloc(0), { mode: 0o600 });
    stdout.write(`${name}\n`);
    return 0;
  },
};

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
