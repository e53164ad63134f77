import { expect, test } from "vitest";
import { runScript } from "../run-example.ts";

test.each([
  ["for i in 1 2; do break & done; wait; echo on", "on\n"],
  ["for i in 1 2; do (continue); echo $i; done", "1\n2\n"],
  ["for i in 1 2; do break | cat; echo $i; done", "1\n2\n"],
  ["f() { return 3 & wait $!; echo $?; }; f", "3\n"],
  ["f() { (return 4); echo $?; }; f", "4\n"],
])("a subshell leaves no loop and no function of its parent: %s", async (script, output) => {
  expect(await runScript(script)).toEqual({ output, exitCode: 0 });
});

test("what goes wrong in a background job ends that alone", async () => {
  const script = "echo a | grep -E '(' 2>/dev/null & wait $!; echo $?";
  expect(await runScript(script)).toEqual({ output: "1\n", exitCode: 0 });
});

test.each([
  ["7", "[[:digit:]]", true],
  ["x", "[![:digit:]]", true],
  ["x", "[[:digit:]]", false],
  ["b", "[a-c]", true],
  ["-", "[a-]", true],
  ["]", "[]]", true],
  ["^", "[a^]", true],
  ["m", "[z-a]", false],
  ["m", "[!z-a]", true],
])("case %s in %s fits: %s", async (word, pattern, fits) => {
  const { output } = await runScript(`case ${word} in ${pattern}) echo fits;; esac`);
  expect(output).toBe(fits ? "fits\n" : "");
});
