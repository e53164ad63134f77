import { gzipSync } from "node:zlib";
import type { Process } from "../behaviour.ts";
import { normalize } from "../files/file-system.ts";
import { FileError } from "../files/node.ts";
import { flagsOf, input, pathOf } from "./command.ts";
import { GzipError, gunzip } from "./gzip.ts";

const BLOCK = 512;
const USTAR = "ustar\x0000";

/** `tar cf - PATH…` and `tar xmf - -C FOLDER`: what `kubectl cp` runs; `z` packs. */
export async function tar(process: Process): Promise<number> {
  // The first word may come without its dash.
  const [name = "tar", first = "", ...more] = process.args;
  const { flags, rest } = flagsOf([name, /^[a-z]/.test(first) ? `-${first}` : first, ...more], "fC");
  const folder = pathOf(process, flags.get("C") || ".");
  const archive = flags.get("f") || "-";
  try {
    const pack = flags.has("z") ? (bytes: Buffer) => gzipSync(bytes) : (bytes: Buffer) => bytes;
    if (flags.has("c")) return await create(process, rest, folder, archive, pack);
    if (flags.has("x")) return await extract(process, folder, archive);
    if (flags.has("t")) return await table(process, archive);
  } catch (error) {
    if (!(error instanceof FileError || error instanceof GzipError)) throw error;
    process.stderr.write(`tar: ${error.message}\n`);
    return 1;
  }
  process.stderr.write("tar: You must specify one of the '-Acdtrux' options\n");
  return 2;
}

async function create(
  process: Process,
  paths: readonly string[],
  folder: string,
  archive: string,
  pack: (bytes: Buffer) => Buffer,
): Promise<number> {
  const blocks: Buffer[] = [];
  let code = 0;
  const add = async (path: string): Promise<void> => {
    const at = normalize(path, folder);
    const node = await process.files.stat(at, false);
    const name = path.replace(/^\/+/, "");
    const content = node.type === "file" ? await process.files.read(at) : Buffer.alloc(0);
    const entry = { name: node.type === "directory" ? `${name}/` : name, node, size: content.length };
    blocks.push(...header(entry), content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK));
    if (node.type === "directory")
      for (const each of await process.files.list(at)) await add(`${path.replace(/\/$/, "")}/${each}`);
  };
  for (const path of paths) {
    try {
      if (path.startsWith("/")) process.stderr.write("tar: removing leading '/' from member names\n");
      await add(path);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      process.stderr.write(`tar: ${path}: ${error.message}\n`);
      code = 1;
    }
  }
  blocks.push(Buffer.alloc(2 * BLOCK));
  const bytes = pack(Buffer.concat(blocks));
  if (archive === "-") process.stdout.write(bytes);
  else await process.files.write(pathOf(process, archive), bytes);
  return code;
}

type Entry = { name: string; node: Awaited<ReturnType<Process["files"]["stat"]>>; size: number };

function header({ name, node, size }: Entry): Buffer[] {
  const bytes = Buffer.from(name);
  // Names that do not fit travel in an entry of their own, as GNU tar has it.
  if (bytes.length > 100) {
    const text = Buffer.concat([bytes, Buffer.alloc(BLOCK - (bytes.length % BLOCK))]);
    return [head("././@LongLink", "L", bytes.length + 1, node), text, head(name, typeOf(node), size, node)];
  }
  return [head(name, typeOf(node), size, node)];
}

const typeOf = ({ type }: Entry["node"]) => (type === "directory" ? "5" : type === "link" ? "2" : "0");

function head(name: string, type: string, size: number, node: Entry["node"]): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  block.write(name.slice(0, 100), 0);
  octal(node.mode, 100, 8);
  octal(node.uid, 108, 8);
  octal(node.gid, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(node.modified.getTime() / 1000), 136, 12);
  block.write("        ", 148);
  block.write(type, 156);
  if (node.type === "link") block.write(node.target, 157);
  block.write(USTAR, 257, "latin1");
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return block;
}

interface Member {
  readonly name: string;
  readonly type: string;
  readonly mode: number;
  readonly target: string;
  readonly content: Buffer;
}

async function* members(process: Process, archive: string): AsyncGenerator<Member> {
  const given = archive === "-" ? await input(process) : await process.files.read(pathOf(process, archive));
  // As busybox: whether it is packed shows by itself.
  const bytes = given[0] === 0x1f && given[1] === 0x8b ? gunzip(given) : given;
  let longName = "";
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const block = bytes.subarray(at, at + BLOCK);
    if (block[0] === 0) return;
    const text = (from: number, length: number) => block.toString("utf8", from, from + length).replace(/\0.*$/s, "");
    const size = Number.parseInt(text(124, 12).trim() || "0", 8);
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = text(156, 1) || "0";
    if (type === "L") longName = content.toString("utf8").replace(/\0.*$/s, "");
    else if (type === "x") longName = /\d+ path=(.*)\n/.exec(content.toString("utf8"))?.[1] ?? "";
    else if (type !== "g") {
      const prefix = text(345, 155);
      const name = longName || (prefix ? `${prefix}/${text(0, 100)}` : text(0, 100));
      longName = "";
      yield { name, type, mode: Number.parseInt(text(100, 8).trim() || "644", 8), target: text(157, 100), content };
    }
  }
}

async function extract(process: Process, folder: string, archive: string): Promise<number> {
  const { files } = process;
  for await (const { name, type, mode, target, content } of members(process, archive)) {
    const path = normalize(name.replace(/^\/+/, ""), folder);
    if (type === "5") await files.makeDirectory(path, { parents: true, mode });
    else {
      await files.makeDirectory(path.slice(0, path.lastIndexOf("/")) || "/", { parents: true });
      await files.remove(path).catch(() => {});
      if (type === "2") await files.link(target, path);
      else await files.write(path, Buffer.from(content), { mode });
    }
  }
  return 0;
}

async function table(process: Process, archive: string): Promise<number> {
  for await (const { name } of members(process, archive)) process.stdout.write(`${name}\n`);
  return 0;
}
