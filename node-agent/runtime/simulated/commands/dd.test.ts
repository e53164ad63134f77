import { expect, test } from "vitest";
import { runScript } from "../run-example.ts";

test.each([
  ["dd if=/dev/zero of=/tmp/a bs=1 count=1 conv=fsync status=none; wc -c < /tmp/a", "1\n"],
  ["echo $(hostname) | dd of=/tmp/a conv=fsync status=none; test $(cat /tmp/a) = $(hostname) && echo same", "same\n"],
  ["dd if=/dev/zero bs=1k count=3 2>/dev/null | wc -c", "3072\n"],
  ["dd if=/dev/urandom of=/tmp/a bs=1M count=1 status=none; wc -c < /tmp/a", "1048576\n"],
  ["printf 0123456789 > /tmp/a; dd if=/tmp/a bs=2 skip=1 count=2 status=none", "2345"],
  ["printf 0123 > /tmp/a; printf xy | dd of=/tmp/a bs=1 seek=1 conv=notrunc status=none; cat /tmp/a", "0xy3"],
  ["printf 0123 > /tmp/a; printf xy | dd of=/tmp/a status=none; cat /tmp/a", "xy"],
  ["printf abc | dd bs=2 2>&1 > /dev/null | head -n 2", "1+1 records in\n1+1 records out\n"],
  ["dd if=/none; echo $?", "dd: can't open '/none': No such file or directory\n1\n"],
  ["dd wrong; echo $?", "dd: unrecognized operand 'wrong'\n1\n"],
  ["dd if=/dev/zero of=/tmp/a; echo $?", "dd: error writing: No space left on device\n1\n"],
])("%s", async (script, output) => {
  expect(await runScript(script)).toEqual({ output, exitCode: 0 });
});
