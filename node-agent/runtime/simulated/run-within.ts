import { Writable } from "node:stream";
import { type Clock, sleep } from "../../../client/index.ts";
import { type CommandResult, CommandTimedOut, type Streams } from "../runtime.ts";

/** What a command's output is remembered of, in bytes; kubelet shows less. */
const OUTPUT_BYTES = 16 * 1024;
/** Made once: an abort without a reason makes an exception with a stack each time. */
const OVER = new Error("the command is over");

export interface TimedCommand {
  readonly command: readonly string[];
  /** 0 for any. */
  readonly limitSeconds: number;
  readonly clock: Clock;
}

/**
 * Runs a command and gathers what it writes; ends it when its time is over.
 * @param exec resolves to the exit code @throws CommandTimedOut
 */
export async function runWithin(
  { command, limitSeconds, clock }: TimedCommand,
  signal: AbortSignal,
  exec: (streams: Streams, signal: AbortSignal) => Promise<number>,
): Promise<CommandResult> {
  const parts: Buffer[] = [];
  let size = 0;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (size < OUTPUT_BYTES) parts.push(chunk.subarray(0, OUTPUT_BYTES - size));
      size += chunk.length;
      done();
    },
  });
  const mine = new AbortController();
  const stop = () => mine.abort(OVER);
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop);
  const ended = exec({ stdout: stream, stderr: stream, tty: false }, mine.signal);
  try {
    const code = await (limitSeconds === 0 ? ended : Promise.race([ended, late()]));
    return { exitCode: code, output: Buffer.concat(parts).toString("utf8") };
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }

  async function late(): Promise<number> {
    await sleep(clock, limitSeconds * 1000, mine.signal);
    if (mine.signal.aborted) return ended;
    throw new CommandTimedOut(command, limitSeconds);
  }
}
