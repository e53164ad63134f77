import { expect, test } from "vitest";
import { runScript } from "../run-example.ts";

const abcd = "printf 'a\\nb\\nc\\nd\\n' | ";

test.each([
  [`${abcd}grep -n b`, "2:b\n"],
  [`${abcd}grep -A1 b`, "b\nc\n"],
  [`${abcd}grep -B 1 c`, "b\nc\n"],
  [`${abcd}grep -n -C1 b`, "1-a\n2:b\n3-c\n"],
  [`${abcd}grep -A0 -e a`, "a\n"],
  [`${abcd}grep -m1 '[bc]'`, "b\n"],
  ["echo foo123bar4 | grep -o '[0-9]*'", "123\n4\n"],
  ["echo 'a.b' | grep -F 'a.b'; echo axb | grep -cF 'a.b'; echo $?", "a.b\n0\n1\n"],
  ["echo abc | grep -q '[[:alpha:]]\\{3\\}' && echo yes", "yes\n"],
  ["printf 'a\\na\\nb\\n' | uniq -d", "a\n"],
  ["printf 'a\\na\\nb\\n' | uniq -u", "b\n"],
  ["printf 'a\\n\\nb\\n' | cat -n", "     1\ta\n     2\t\n     3\tb\n"],
  ["printf 'a\\n\\nb\\n' | cat -b", "     1\ta\n\n     2\tb\n"],
  ["printf 'a\\tb\\n' | cat -A", "a^Ib$\n"],
  ["printf 'a b\\nc\\n' | wc", "        2         3         6\n"],
  ["printf 'a b\\nc\\n' | wc -l", "2\n"],
  ["echo 'a  b   c' | tr -s ' '", "a b c\n"],
  ["echo aabb | tr -d a", "bb\n"],
  ["echo a1b2 | tr -cd '0-9'", "12"],
  ["echo hello | tr a-z A-Z", "HELLO\n"],
  ["date -u -d @0 +%Y-%m-%dT%H:%M:%SZ", "1970-01-01T00:00:00Z\n"],
  ["date -d '2026-02-03 04:05' +%s", "1770091500\n"],
  ["date -d nonsense 2>&1; echo $?", "date: invalid date 'nonsense'\n1\n"],
  ["echo hello | md5sum", "b1946ac92492d2347c6235b4d2611184  -\n"],
  ["echo hello > /tmp/f; sha256sum /tmp/f | cut -c1-8", "5891b5b5\n"],
  ["printf 'a\\nb\\n' | xargs echo x", "x a b\n"],
  ["printf 'a b c' | xargs -n1 echo", "a\nb\nc\n"],
  ["printf 'a b\\nc\\n' | xargs -I{} echo '<{}>'", "<a b>\n<c>\n"],
  ["echo a | xargs false; echo $?", "123\n"],
  ["timeout 1 sleep 5; echo $?", "143\n"],
  ["timeout 5 echo in", "in\n"],
  ["env -i X=1 sh -c 'echo $X'", "1\n"],
  ["echo $((0x1f)) $((1<<4))", "31 16\n"],
])("%s", async (script, output) => {
  expect(await runScript(script)).toEqual({ output, exitCode: 0 });
});
