import type { Readable } from "node:stream";

/** The next line without its newline, leaving the rest for others; undefined at the end. */
export async function readLine(input: Readable): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = input.read() as Buffer | string | null;
    if (chunk === null) {
      if (input.readableEnded || input.destroyed)
        return chunks.length > 0 ? Buffer.concat(chunks).toString() : undefined;
      await new Promise<void>((resolve) => {
        const done = () => {
          for (const event of ["readable", "end", "close"]) input.off(event, done);
          resolve();
        };
        for (const event of ["readable", "end", "close"]) input.on(event, done);
      });
      continue;
    }
    const bytes = Buffer.from(chunk as string);
    const at = bytes.indexOf(10);
    if (at < 0) chunks.push(bytes);
    else {
      chunks.push(bytes.subarray(0, at));
      if (at + 1 < bytes.length) input.unshift(bytes.subarray(at + 1));
      return Buffer.concat(chunks).toString();
    }
  }
}
