import { expect, test } from "vitest";
import { runScript } from "../run-example.ts";

const numbers = "seq 1 5 > /tmp/n; ";

test.each([
  ["seq 1 12 | head | wc -l", "10\n"],
  [`${numbers}head -2 /tmp/n`, "1\n2\n"],
  ["seq 1 5 | head -n2", "1\n2\n"],
  ["seq 1 5 | head -n -3", "1\n2\n"],
  ["printf abcdef | head -c 2", "ab"],
  ["printf abcdef | head -c -2", "abcd"],
  ["printf 'a\\nb' | head -n 5", "a\nb"],
  [`${numbers}tail -2 /tmp/n`, "4\n5\n"],
  ["seq 1 5 | tail -n +4", "4\n5\n"],
  ["seq 1 5 | tail +4", "4\n5\n"],
  ["printf abcdef | tail -c 2", "ef"],
  ["printf abcdef | tail -c +3", "cdef"],
  [`${numbers}echo x > /tmp/x; head -1 /tmp/n /tmp/x`, "==> /tmp/n <==\n1\n\n==> /tmp/x <==\nx\n"],
  [`${numbers}echo x > /tmp/x; tail -q -n 1 /tmp/n /tmp/x`, "5\nx\n"],
  ["echo a | head -v", "==> standard input <==\na\n"],
  ["echo a | head -n x 2>&1; echo $?", "head: invalid number 'x'\n1\n"],
])("%s", async (script, output) => {
  expect(await runScript(script)).toEqual({ output, exitCode: 0 });
});
