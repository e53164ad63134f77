import { once } from "node:events";
import { Readable, Writable } from "node:stream";
import { normalize } from "../files/file-system.ts";
import { FileError } from "../files/node.ts";
import { type Expander, expandDocument, expandText } from "./expand.ts";
import type { ShellState, Streams } from "./state.ts";
import type { Redirection } from "./syntax.ts";

type Shell = ShellState & Expander;

/** Runs a command with its redirections. Where a file cannot be had it does not run: the shell says why. */
export async function withRedirections(
  shell: Shell,
  redirections: readonly Redirection[],
  streams: Streams,
  run: (streams: Streams) => Promise<void>,
): Promise<void> {
  const opened: Writable[] = [];
  let current = streams;
  try {
    for (const redirection of redirections) current = await redirect(shell, redirection, current, opened);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    streams.stderr.write(`${shell.name}: ${await redirectionProblem(shell, redirections, error)}\n`);
    shell.status = 1;
    return;
  }
  try {
    await run(current);
  } finally {
    for (const stream of opened) {
      stream.end();
      if (!stream.writableFinished && !stream.destroyed) await once(stream, "close").catch(() => {});
    }
  }
}

/**
 * The streams of a command after one of its redirections.
 * @param opened gets what has to be closed when the command is over @throws FileError
 */
async function redirect(
  shell: Shell,
  { from, operator, to, literal }: Redirection,
  streams: Streams,
  opened: Writable[],
): Promise<Streams> {
  if (operator === "<<") {
    return { ...streams, stdin: Readable.from([literal ? to : await expandDocument(to, shell)]) };
  }
  const word = await expandText(to, shell);
  if (operator === ">&" || operator === "<&") {
    const stream = word === "1" ? streams.stdout : word === "2" ? streams.stderr : nowhere();
    return from === 2 ? { ...streams, stderr: stream } : { ...streams, stdout: stream };
  }
  if (operator === "<") {
    const path = normalize(word, shell.cwd);
    const content = path === "/dev/null" ? Buffer.alloc(0) : await shell.files.read(path);
    return { ...streams, stdin: content.length > 0 ? Readable.from([content]) : Readable.from([]) };
  }
  const stream = await open(shell, word, operator === ">>", streams);
  if (stream !== streams.stdout && stream !== streams.stderr) opened.push(stream);
  return from === 2 ? { ...streams, stderr: stream } : { ...streams, stdout: stream };
}

/** As ash words it when a file of a redirection cannot be had. */
async function redirectionProblem(
  shell: Shell,
  redirections: readonly Redirection[],
  { code, message }: FileError,
): Promise<string> {
  const failed = redirections.find(({ operator }) => /^[<>]/.test(operator));
  const verb = failed?.operator === "<" ? "open" : "create";
  const what = code === "ENOENT" && verb === "open" ? "no such file" : message;
  const text = code === "ENOENT" && verb === "create" ? "nonexistent directory" : what;
  return `can't ${verb} ${await expandText(failed?.to ?? "", shell)}: ${text}`;
}

async function open({ files, cwd }: Shell, word: string, append: boolean, streams: Streams): Promise<Writable> {
  const path = normalize(word, cwd);
  if (path === "/dev/null") return nowhere();
  // A container's first process writes here to reach the log.
  if (path === "/dev/stdout" || path === "/proc/1/fd/1") return streams.stdout;
  if (path === "/dev/stderr" || path === "/proc/1/fd/2") return streams.stderr;
  if (!append || !(await files.exists(path))) await files.write(path, Buffer.alloc(0));
  else await files.write(path, Buffer.alloc(0), { append });
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      files.write(path, chunk, { append: true }).then(() => done(), done);
    },
  });
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

/** Keeps what is written. */
export function collector(): { stream: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}
