import { sleep } from "../../../../client/index.ts";
import type { Program } from "../behaviour.ts";
import { longFlags } from "./long-flags.ts";

const METHODS = ["GET", "POST", "PUT"];
const NAMESPACES = ["kube-system", "default", "ns"];
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a Go duration, for example `1m30s`. */
export const durationMs = (text: string): number =>
  [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, number, unit = ""]) => sum + Number(number) * (UNITS[unit] ?? 0),
    0,
  );

/** Lines as components of Kubernetes log them, spread evenly over a time. */
export const logsGenerator: Program = async ({ args, stderr, clock, signal, random }) => {
  const flags = longFlags(args);
  const total = Number(flags.get("log-lines-total") ?? flags.get("t") ?? 0);
  const duration = durationMs(flags.get("run-duration") ?? flags.get("d") ?? "");
  if (!(total > 0) || !(duration > 0)) {
    stderr.write("Invalid total number of lines or run duration\n");
    return 1;
  }
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? "";
  for (let line = 0; line < total && !signal.aborted; line++) {
    const now = clock.now().toISOString();
    const stamp = `I${now.slice(5, 7)}${now.slice(8, 10)} ${now.slice(11, 23)}000`;
    const name = Math.floor(random() * 36 ** 4).toString(36);
    const path = `/api/v1/namespaces/${pick(NAMESPACES)}/pods/${name}`;
    stderr.write(
      `${stamp}       1 logs_generator.go:76] ${line} ${pick(METHODS)} ${path} ${200 + Math.floor(random() * 400)}\n`,
    );
    await sleep(clock, duration / total, signal);
  }
  return 0;
};
