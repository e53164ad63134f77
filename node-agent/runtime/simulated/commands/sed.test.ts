import { expect, test } from "vitest";
import { runScript } from "../run-example.ts";

const abc = "printf 'a\\nb\\nc\\n' | ";

test.each([
  ["echo hello | sed 's/l/L/g'", "heLLo\n"],
  ["echo aXbX | sed 's/X/-/2'", "aXb-\n"],
  ["echo a | sed 's/a/&&/'", "aa\n"],
  ["echo 'a b' | sed -E 's/(a) (b)/\\2 \\1/'", "b a\n"],
  ["echo 'k: v' | sed -n 's/^k: \\(.*\\)$/\\1/p'", "v\n"],
  ["echo x=1 | sed 's|x=.*|x=9|'", "x=9\n"],
  ["echo a1b22 | sed 's/[0-9]\\+/N/g'", "aNbN\n"],
  ["echo 'a]b' | sed 's/[]]/-/'", "a-b\n"],
  [`${abc}sed -e 's/a/1/' -e 's/b/2/'`, "1\n2\nc\n"],
  [`${abc}sed -n 2p`, "b\n"],
  [`${abc}sed -n '$p'`, "c\n"],
  [`${abc}sed -n '2,$p'`, "b\nc\n"],
  [`${abc}sed '/b/,/c/d'`, "a\n"],
  [`${abc}sed '/b/!d'`, "b\n"],
  [`${abc}sed '1~2d'`, "b\n"],
  [`${abc}sed -n '/a/,+1p'`, "a\nb\n"],
  [`${abc}sed 2q`, "a\nb\n"],
  [`${abc}sed '1i zero'`, "zero\na\nb\nc\n"],
  [`${abc}sed '$a end'`, "a\nb\nc\nend\n"],
  [`${abc}sed '2c\\other'`, "a\nother\nc\n"],
  [`${abc}sed 'y/abc/xyz/'`, "x\ny\nz\n"],
  [`${abc}sed '/b/{s/b/X/;p}'`, "a\nX\nX\nc\n"],
  [`${abc}sed ':a;N;$!ba;s/\\n/,/g'`, "a,b,c\n"],
  [`${abc}sed -n '1!G;h;$p'`, "c\nb\na\n"],
  [`${abc}sed n\\;d`, "a\nc\n"],
  ["echo a > /tmp/f; sed -i s/a/b/ /tmp/f; cat /tmp/f", "b\n"],
  ["echo a | sed -n 's/^/x\\n/;D'; echo $?", "1\n"],
  ["echo a | sed -n ':a;ba'; echo $?", "1\n"],
  ["echo a | sed k 2>&1; echo $?", "sed: unsupported command k\n1\n"],
])("%s", async (script, output) => {
  expect(await runScript(script)).toEqual({ output, exitCode: 0 });
});
