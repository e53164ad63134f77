import type { Process } from "../behaviour.ts";
import { flagsOf, linesOf, nameOf, texts } from "./command.ts";
import { regular } from "./regular.ts";

/** (busybox findutils/grep.c) */
export async function grep(process: Process): Promise<number> {
  const { flags, rest } = flagsOf(process.args, "emABC");
  const patterns = (flags.get("e") ?? rest.shift() ?? "").split("\n");
  const extended = flags.has("E") || nameOf(process) === "egrep";
  const sources = patterns.map((pattern) =>
    flags.has("F") ? pattern.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&") : regular(pattern, extended),
  );
  const source = sources.map((each) => (sources.length > 1 ? `(?:${each})` : each)).join("|");
  const bound = flags.has("x") ? `^(?:${source})$` : flags.has("w") ? `\\b(?:${source})\\b` : source;
  const expression = new RegExp(bound, flags.has("i") ? "i" : "");
  const around = flags.get("C");
  const context = { before: Number(flags.get("B") ?? around ?? 0), after: Number(flags.get("A") ?? around ?? 0) };
  const { texts: found, failed } = await texts(process, rest);
  let any = false;
  for (const { path, content } of found) {
    const isNamed = flags.has("H") || (found.length > 1 && !flags.has("h"));
    const title = path === "-" ? "(standard input)" : path;
    const lines = linesOf(content);
    const matching = lines.flatMap((line, index) => (expression.test(line) !== flags.has("v") ? [index] : []));
    const hits = matching.slice(0, Number(flags.get("m") ?? matching.length));
    if (hits.length > 0) any = true;
    if (flags.has("q")) continue;
    const prefix = (index: number, sign: string) =>
      `${isNamed ? `${title}${sign}` : ""}${flags.has("n") ? `${index + 1}${sign}` : ""}`;
    if (flags.has("c")) process.stdout.write(`${isNamed ? `${title}:` : ""}${hits.length}\n`);
    else if (flags.has("l") || flags.has("L")) {
      if (hits.length > 0 === flags.has("l")) process.stdout.write(`${title}\n`);
    } else if (flags.has("o")) {
      for (const index of hits)
        for (const [part] of (lines[index] ?? "").matchAll(new RegExp(expression, `g${expression.flags}`)))
          if (part) process.stdout.write(`${prefix(index, ":")}${part}\n`);
    } else {
      let last = -1;
      for (const index of withContext(hits, context, lines.length)) {
        if (last >= 0 && index > last + 1 && context.before + context.after > 0) process.stdout.write("--\n");
        last = index;
        process.stdout.write(`${prefix(index, hits.includes(index) ? ":" : "-")}${lines[index]}\n`);
      }
    }
  }
  return any ? 0 : failed ? 2 : 1;
}

function withContext(hits: readonly number[], { before, after }: { before: number; after: number }, count: number) {
  const shown = new Set<number>();
  for (const hit of hits)
    for (let at = Math.max(0, hit - before); at <= Math.min(count - 1, hit + after); at++) shown.add(at);
  return [...shown].sort((a, b) => a - b);
}
