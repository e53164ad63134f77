import { expect, test } from "vitest";
import { runScript } from "../run-example.ts";

const table = "printf 'b 10 x\\na 9 y\\nc 9 x\\n' | ";

test.each([
  ["printf 'b\\na\\nb\\n' | sort -u", "a\nb\n"],
  ["printf '10\\n9\\n' | sort", "10\n9\n"],
  ["printf '10\\n9\\n' | sort -n", "9\n10\n"],
  ["printf 'a\\nB\\nc\\n' | sort -f", "a\nB\nc\n"],
  ["printf 'a\\nc\\nb\\n' | sort -r", "c\nb\na\n"],
  [`${table}sort -k2,2n`, "a 9 y\nc 9 x\nb 10 x\n"],
  [`${table}sort -k 3 -k 2nr`, "b 10 x\nc 9 x\na 9 y\n"],
  [`${table}sort -rk1`, "c 9 x\nb 10 x\na 9 y\n"],
  ["printf 'x:2\\ny:1\\n' | sort -t: -k2", "y:1\nx:2\n"],
  ["printf 'x:2\\ny:1\\nz:2\\n' | sort -t : -k 2,2 -u", "y:1\nx:2\n"],
  ["printf 'xb\\nya\\n' | sort -k1.2", "ya\nxb\n"],
  ["cd /tmp; printf 'b\\na\\n' | sort -o out; cat /tmp/out", "a\nb\n"],
  ["printf 'a\\n' | sort -k0 2>&1; echo $?", "sort: bad field specification\n2\n"],
])("%s", async (script, output) => {
  expect(await runScript(script)).toEqual({ output, exitCode: 0 });
});
