import { PassThrough } from "node:stream";
import type { Streams } from "./state.ts";
import type { Command } from "./syntax.ts";

/**
 * Commands side by side, the output of each the input of the next.
 * @param start runs one with streams of its own @returns their exit codes
 */
export function connected(
  commands: readonly Command[],
  streams: Streams,
  start: (command: Command, streams: Streams) => Promise<number>,
): Promise<number[]> {
  let { stdin } = streams;
  const running = commands.map((command, index) => {
    const input = stdin;
    const pipe = index < commands.length - 1 ? new PassThrough() : undefined;
    // A reader that has gone away stops nobody here: what is written then is lost.
    pipe?.on("error", () => {});
    stdin = pipe;
    const stdout = pipe ?? streams.stdout;
    return start(command, { ...streams, stdin: input, stdout }).finally(() => {
      pipe?.end();
      if (index > 0) input?.resume();
    });
  });
  return Promise.all(running);
}
