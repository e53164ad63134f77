import { expect, test } from "vitest";
import { runScript } from "../run-example.ts";

test.each([
  ["sleep 5 & kill $!; wait $!; echo $?", "143\n"],
  ["sleep 5 & kill -9 $!; wait $!; echo $?", "137\n"],
  ["sleep 5 & kill -0 %1; echo $?; kill -s KILL %1; wait; echo $?", "0\n0\n"],
  ["false & wait $!; echo $?; wait 4; echo $?", "1\n127\n"],
  [
    "kill 99999 2>&1; kill 2>&1; kill -FOO 1 2>&1",
    "sh: can't kill pid 99999: No such process\nsh: you need to specify whom to kill\nsh: bad signal name 'FOO'\n",
  ],
  ["trap 'echo told' TERM; kill 1; echo on", "told\non\n"],
  [
    "type cd if nope; f() { :; }; type f",
    "cd is a shell builtin\nif is a shell keyword\nnope: not found\nf is a function\n",
  ],
  ["let x=3+4 y=x*2; echo $? $x $y; let 0; echo $?", "0 7 14\n1\n"],
])("%s", async (script, output) => {
  expect((await runScript(script)).output).toBe(output);
});

test.each([
  ["-a -b x y", "a 2\nb x 4\ny\n"],
  ["-abx -- y", "a 1\nb x 2\ny\n"],
])("getopts with %s", async (args, output) => {
  const script = `set -- ${args}; while getopts ab: o; do echo $o $OPTARG $OPTIND; done; shift $((OPTIND-1)); echo $@`;
  expect(await runScript(script)).toEqual({ output, exitCode: 0 });
});

test.each([
  ["ab:", "-z", "Illegal option -z\n0 ?\n"],
  ["ab:", "-b", "No arg for -b option\n0 ?\n"],
  [":ab:", "-b", "0 : b\n"],
  [":ab:", "-z", "0 ? z\n"],
])("getopts %s does not take %s", async (spec, arg, output) => {
  const result = await runScript(`set -- ${arg}; getopts ${spec} o 2>&1; echo $? $o $OPTARG`);
  expect(result.output).toBe(output);
});

test("the kernel keeps signals from a first process without a handler", async () => {
  expect(await runScript("kill 1; kill -9 1; echo still here")).toEqual({ output: "still here\n", exitCode: 0 });
});
