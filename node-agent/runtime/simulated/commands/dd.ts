import type { Process, Program } from "../behaviour.ts";
import { FileError } from "../files/node.ts";
import { input, pathOf } from "./command.ts";

const UNITS: Readonly<Record<string, number>> = {
  c: 1,
  w: 2,
  b: 512,
  kB: 1000,
  k: 1024,
  K: 1024,
  KiB: 1024,
  MB: 1_000_000,
  M: 1024 ** 2,
  MiB: 1024 ** 2,
  GB: 1_000_000_000,
  G: 1024 ** 3,
  GiB: 1024 ** 3,
};
/** A simulated disk is memory: one copy gets so much of it, in bytes. */
const MOST = 64 * 1024 ** 2;

/** `dd [if=FILE] [of=FILE] [bs=N] [count=N] [skip=N] [seek=N] [conv=notrunc,fsync…]` (busybox) */
export const dd: Program = async (process) => {
  const { args, stdout, stderr, files, clock } = process;
  const operands = new Map<string, string>();
  for (const arg of args.slice(1)) {
    const [, name, value] = /^(if|of|bs|ibs|obs|count|skip|seek|conv|iflag|oflag|status)=(.*)$/.exec(arg) ?? [];
    if (name === undefined || value === undefined) {
      stderr.write(`dd: unrecognized operand '${arg}'\n`);
      return 1;
    }
    operands.set(name, value);
  }
  const amounts = ["bs", "ibs", "count", "skip", "seek"].map((name) => [name, amountOf(operands.get(name))] as const);
  const wrong = amounts.find(([, amount]) => Number.isNaN(amount));
  if (wrong) {
    stderr.write(`dd: invalid number '${operands.get(wrong[0])}'\n`);
    return 1;
  }
  const { bs, ibs, count, skip = 0, seek = 0 } = Object.fromEntries(amounts);
  const size = bs ?? ibs ?? 512;
  const began = clock.now().getTime();
  const from = operands.get("if");
  try {
    const data = await read(process, from, {
      start: skip * size,
      bytes: count === undefined ? undefined : count * size,
    });
    if (data === undefined) {
      stderr.write("dd: error writing: No space left on device\n");
      return 1;
    }
    const to = operands.get("of");
    if (to === undefined) stdout.write(data);
    else {
      const path = pathOf(process, to);
      const keeps = operands.get("conv")?.split(",").includes("notrunc") || seek > 0;
      const old = keeps && (await files.exists(path)) ? await files.read(path) : Buffer.alloc(0);
      const start = seek * size;
      const rest = operands.get("conv")?.split(",").includes("notrunc") ? old.subarray(start + data.length) : [];
      const gap = Buffer.alloc(Math.max(0, start - old.length));
      await files.write(path, Buffer.concat([old.subarray(0, start), gap, data, Buffer.from(rest)]));
    }
    if (operands.get("status") !== "none") stderr.write(report(data.length, size, clock.now().getTime() - began));
    return 0;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const what =
      error.code === "ENOENT" && from ? `can't open '${from}'` : `can't open '${operands.get("of") ?? from}'`;
    stderr.write(`dd: ${what}: ${error.message}\n`);
    return 1;
  }
};

function amountOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, unit = "c"] = /^(\d+)([a-zA-Z]*)$/.exec(text) ?? [];
  return Number(digits) * (UNITS[unit || "c"] ?? Number.NaN);
}

/** @returns undefined when it is more than the disk holds */
async function read(
  process: Process,
  from: string | undefined,
  { start, bytes }: { start: number; bytes: number | undefined },
): Promise<Buffer | undefined> {
  if (from === "/dev/zero" || from === "/dev/urandom" || from === "/dev/random") {
    if (bytes === undefined || bytes > MOST) return undefined;
    const data = Buffer.alloc(bytes);
    if (from !== "/dev/zero") for (let at = 0; at < bytes; at++) data[at] = Math.floor(process.random() * 256);
    return data;
  }
  const all =
    from === undefined
      ? await input(process)
      : from === "/dev/null"
        ? Buffer.alloc(0)
        : await process.files.read(pathOf(process, from));
  return all.subarray(start, bytes === undefined ? undefined : start + bytes);
}

function report(bytes: number, size: number, milliseconds: number): string {
  const records = `${Math.floor(bytes / size)}+${bytes % size ? 1 : 0} records`;
  const seconds = Math.max(milliseconds / 1000, 1e-6);
  return `${records} in\n${records} out\n${bytes} bytes (${scaled(bytes)}B) copied, ${seconds.toFixed(6)} seconds, ${scaled(bytes / seconds)}B/s\n`;
}

function scaled(amount: number): string {
  const steps = ["", "K", "M", "G", "T"];
  let step = 0;
  let value = amount;
  for (; value >= 1024 && step < steps.length - 1; step++) value /= 1024;
  return step === 0 ? String(Math.floor(value)) : `${value.toFixed(1)}${steps[step]}`;
}
