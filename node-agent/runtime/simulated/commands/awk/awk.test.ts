import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { Process } from "../../behaviour.ts";
import { collector } from "../../shell/redirections.ts";
import { awk } from "./awk.ts";

const INPUT = "one 1 x\ntwo 22 y\nthree 3 x\n";

test.each<[args: string[], output: string, code?: number]>([
  [["{print $1}"], "one\ntwo\nthree\n"],
  [["{print $NF, $2 * 2}"], "x 2\ny 44\nx 6\n"],
  [["$2 > 2"], "two 22 y\nthree 3 x\n"],
  [["/^t/ {n++} END {print n, NR}"], "2 3\n"],
  [['$3 == "x" {s += $2} END {printf "%d items, %.1f\\n", NR, s / 2}'], "3 items, 2.0\n"],
  [['{c[$3]++} END {for (k in c) print k "=" c[k]}'], "x=2\ny=1\n"],
  [["BEGIN {for (i = 1; i <= 3; i++) { if (i == 2) continue; print i } }"], "1\n3\n"],
  [["-F", "o", "NR==2{print $1}"], "tw\n"],
  [["-v", "n=2", "NR == n {print toupper($1), length($1), substr($1, 2)}"], "TWO 3 wo\n"],
  [['{gsub(/[aeiou]/, "<&>"); print; exit 4}'], "<o>n<e> 1 x\n", 4],
  [['!/two/ && $1 !~ "three" {print "just", $1; next} {print "-"}'], "just one\n-\n-\n"],
  [['NR==1{$2="new"; print; print NF>2 ? "many" : "few"}'], "one new x\nmany\n"],
  [['BEGIN{n = split("a:b:c", p, ":"); print n, p[3]; while (n-- > 0) s = s n; print s}'], "3 c\n210\n"],
])("awk %j", async (args, output, code = 0) => {
  const out = collector();
  const stdin = Readable.from([Buffer.from(INPUT)]);
  const process = { args: ["awk", ...args], stdin, stdout: out.stream, stderr: out.stream, random: () => 0.5 };
  // No more is asked of the process.
  expect(await awk(process as unknown as Process)).toBe(code);
  expect(out.text()).toBe(output);
});
