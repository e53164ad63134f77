import { PassThrough, type Readable, Transform, type Writable } from "node:stream";

const CONTROL_C = 3;
const CONTROL_D = 4;
const BACKSPACE = 8;
const CONTROL_U = 21;
const DELETE = 127;
const ESCAPE = 27;

/** In characters. */
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** Until the client says how large its own is. */
const DEFAULT_SIZE: TerminalSize = { width: 80, height: 24 };

export interface Terminal {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable;
  onInterrupt(listener: (() => void) | undefined): void;
  size(): TerminalSize;
  resize(size: TerminalSize): void;
}

/**
 * The far end of a terminal in raw mode: echoes what is typed, lets a line be corrected, hands whole lines on, and
 * ends lines of output as terminals want them. What a kernel's line discipline does for real containers.
 */
export function terminal(rawInput: Readable | undefined, rawOutput: Writable): Terminal {
  let size = DEFAULT_SIZE;
  let interrupted: (() => void) | undefined;
  const stdout = new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, chunk.toString("latin1").replaceAll(/\r?\n/g, "\r\n")),
    decodeStrings: true,
  });
  stdout.on("data", (text: Buffer | string) => rawOutput.write(Buffer.from(text as string, "latin1")));
  stdout.on("finish", () => rawOutput.end());
  const sized = {
    size: () => size,
    resize(wanted: TerminalSize) {
      // Clients say 0 when they do not know.
      if (wanted.width > 0 && wanted.height > 0) size = wanted;
    },
  };
  if (!rawInput) return { stdin: undefined, stdout, onInterrupt: () => {}, ...sized };
  const stdin = new PassThrough();
  const echo = (text: string) => rawOutput.writable && rawOutput.write(text);
  let line: number[] = [];
  let escaping = 0;
  const erase = (count: number) => {
    line.splice(line.length - count, count);
    echo("\b \b".repeat(count));
  };
  rawInput.on("data", (chunk: Buffer) => {
    for (const byte of chunk) {
      if (escaping > 0) {
        // Arrow keys and their like: there is no history to move in.
        escaping = (escaping === 1 && byte === 0x5b) || (escaping === 2 && byte < 0x40) ? 2 : 0;
      } else if (byte === ESCAPE) escaping = 1;
      else if (byte === 13 || byte === 10) {
        echo("\r\n");
        stdin.write(Buffer.from([...line, 10]));
        line = [];
      } else if (byte === CONTROL_C) {
        echo("^C");
        line = [];
        interrupted?.();
      } else if (byte === CONTROL_D) {
        if (line.length === 0) stdin.end();
      } else if (byte === DELETE || byte === BACKSPACE) {
        if (line.length > 0) erase(1);
      } else if (byte === CONTROL_U) erase(line.length);
      else {
        line.push(byte);
        echo(Buffer.from([byte]).toString("latin1"));
      }
    }
  });
  rawInput.on("end", () => stdin.end());
  return {
    ...sized,
    stdin,
    stdout,
    onInterrupt: (listener) => {
      interrupted = listener;
    },
  };
}
