/** Progress for people, on stderr: one line a step, with the milliseconds it took; stdout stays for data. */
export interface Progress {
  /** Says that a step is done. */
  done(step: string): void;
  /** Says something that is no step: a port taken, a component restarted. */
  note(text: string): void;
}

/** @param now milliseconds from any fixed point. */
export function createProgress(now: () => number, quiet = false): Progress {
  let last = now();
  const tick = process.stderr.isTTY ? "✓ " : "";
  return {
    done(step) {
      const at = now();
      if (!quiet) process.stderr.write(`${tick}${step} (${Math.round(at - last)} ms)\n`);
      last = at;
    },
    note(text) {
      process.stderr.write(`inkube: ${text}\n`);
    },
  };
}
