import { expect, test } from "vitest";
import { runScript } from "../run-example.ts";

// Each as busybox 1.35 answers it.
test.each([
  ["printf 'a\\nb\\nc\\n' | tac | rev | paste -sd,", "c,b,a\n"],
  ["printf 'a\\n\\nb\\n' | nl", "     1\ta\n       \n     2\tb\n"],
  ["printf 'aaaa bbbb\\n\\ncc\\n' | fold -w 3", "aaa\na b\nbbb\n\ncc\n"],
  ["printf '1\\n2\\n3\\n4\\n' | paste - -", "1\t2\n3\t4\n"],
  ["printf '1\\n2\\n' > /tmp/a; printf 'x\\n' > /tmp/b; paste -d: /tmp/a /tmp/b", "1:x\n2:\n"],
  ["yes no | head -n 3", "no\nno\nno\n"],
  ["seq -w 1 3 10", "01\n04\n07\n10\n"],
  ["seq -s : 1 .5 2", "1.0:1.5:2.0\n"],
  ["seq 5 -2 1; seq 3 1", "5\n3\n1\n"],
  ["seq 25000 | tail -n 1", "25000\n"],
  [
    "expr length abc; expr abc : 'a\\(.\\)c'; expr abc : ab; expr substr abcdef 2 3; expr index abc c",
    "3\nb\n2\nbcd\n3\n",
  ],
  ["expr \\( 1 + 2 \\) \\* 3; expr a \\< b", "9\n1\n"],
  [
    "expr 1 / 0 2>&1; expr a + 1 2>&1; expr abc : z; echo $?",
    "expr: division by zero\nexpr: non-numeric argument\n0\n1\n",
  ],
  ["cd /tmp; ln -s /etc zz; readlink -f zz; realpath ../tmp/./zz", "/etc\n/etc\n"],
  [
    "f=$(mktemp); test -f $f && echo $f | wc -c; d=$(mktemp -d /tmp/x.XXXXXX); test -d $d && echo $d | wc -c",
    "16\n14\n",
  ],
])("%s", async (script, output) => {
  expect(await runScript(script)).toEqual({ output, exitCode: 0 });
});
