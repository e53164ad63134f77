import { sleep } from "../../../../client/index.ts";
import type { Process, Program } from "../behaviour.ts";
import { pathOf } from "../commands/command.ts";
import { modeText } from "../files/node.ts";
import { longFlags } from "./long-flags.ts";

/** Numbers of file systems that have no name here: statfs(2). */
const MAGIC: Readonly<Record<string, string>> = {
  tmpfs: "tmpfs",
  hugetlbfs: "hugetlbfs",
  overlay: "2035054128",
  ext4: "61267",
};
const NEW_FILE = "mount-tester new file\n";
const LOOP_MS = 2_000;

type Check = (process: Process, path: string) => Promise<void>;

/** In the order in which they run, whatever the order of the flags. */
const CHECKS: readonly [flag: string, check: Check][] = [
  ["fs_type", fileSystemType],
  ...([0o644, 0o666, 0o660, 0o777] as const).map(
    (mode) => [`new_file_0${mode.toString(8)}`, newFile(mode)] as [string, Check],
  ),
  [
    "file_mode",
    async (process, path) => {
      const node = await process.files.stat(pathOf(process, path));
      process.stdout.write(`mode of file "${path}": ${goMode(modeText(node))}\n`);
    },
  ],
  [
    "file_perm",
    async (process, path) => {
      const { mode } = await process.files.stat(pathOf(process, path));
      process.stdout.write(`perms of file "${path}": -${modeText({ ...FILE, mode: mode & 0o777 }).slice(1)}\n`);
    },
  ],
  [
    "file_owner",
    async (process, path) => {
      const { uid, gid } = await process.files.stat(pathOf(process, path));
      process.stdout.write(`owner UID of "${path}": ${uid}\nowner GID of "${path}": ${gid}\n`);
    },
  ],
  ["file_content", content],
];
const FILE = { type: "file", content: Buffer.alloc(0), uid: 0, gid: 0, modified: new Date(0) } as const;

/** Looks at files of a volume and prints what it sees. */
export const mounttest: Program = async (process) => {
  const flags = longFlags(process.args);
  let code = 0;
  for (const [flag, check] of CHECKS) {
    const path = flags.get(flag);
    if (path === undefined) continue;
    try {
      await check(process, path);
    } catch (error) {
      const text = error instanceof Error ? error.message.toLowerCase() : String(error);
      process.stdout.write(`error reading file content for "${path}": open ${path}: ${text}\n`);
      code = 1;
    }
  }
  const looped = flags.get("file_content_in_loop");
  if (looped)
    await loop(
      process,
      looped,
      Number(flags.get("retry_time") ?? 180),
      flags.get("break_on_expected_content") !== "false",
    );
  return code;
};

async function fileSystemType(process: Process, path: string): Promise<void> {
  const type = await process.files.fileSystemOf(pathOf(process, path));
  process.stdout.write(`mount type of "${path}": ${MAGIC[type] ?? type}\n`);
}

function newFile(mode: number): Check {
  return async (process, path) => {
    await process.files.write(pathOf(process, path), Buffer.from(NEW_FILE), { mode });
    await content(process, path);
  };
}

async function content(process: Process, path: string): Promise<void> {
  const text = await process.files.read(pathOf(process, path));
  process.stdout.write(`content of file "${path}": ${text.toString("utf8")}\n`);
}

async function loop(process: Process, path: string, seconds: number, breaks: boolean): Promise<void> {
  const { clock, signal, stdout } = process;
  const end = clock.now().getTime() + seconds * 1000;
  while (!signal.aborted && clock.now().getTime() < end) {
    const text = await process.files.read(pathOf(process, path)).catch((error: Error) => error);
    if (text instanceof Error)
      stdout.write(`Error reading file ${path}: open ${path}: ${text.message.toLowerCase()}, retrying\n`);
    else {
      stdout.write(`content of file "${path}": ${text.toString("utf8")}\n`);
      if (breaks && text.toString("utf8") === NEW_FILE) return;
    }
    await sleep(clock, LOOP_MS, signal);
  }
}

/** Go writes the sticky, set-user and set-group bits before the type. */
function goMode(text: string): string {
  const bits = [/s/i.test(text[3] ?? "") && "u", /s/i.test(text[6] ?? "") && "g", /t/i.test(text[9] ?? "") && "t"];
  const plain = text.replaceAll(/[st]/g, "x").replaceAll(/[ST]/g, "-").slice(1);
  const first = text[0] === "l" ? "L" : text[0] === "-" ? "" : (text[0] ?? "");
  return `${first}${bits.filter(Boolean).join("")}` === ""
    ? `-${plain}`
    : `${first}${bits.filter(Boolean).join("")}${plain}`;
}
