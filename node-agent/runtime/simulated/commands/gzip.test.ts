import { expect, test } from "vitest";
import { runScript } from "../run-example.ts";

test.each([
  ["echo text | gzip | gunzip", "text\n"],
  ["echo text | gzip -c | zcat", "text\n"],
  ["cd /tmp; echo text > a; gzip a; ls; gunzip a.gz; cat a", "a.gz\ntext\n"],
  ["cd /tmp; echo text > a; gzip -k a; ls; gzip -dc a.gz", "a\na.gz\ntext\n"],
  [
    "cd /tmp; mkdir d; echo text > d/a; tar czf d.tgz d; rm -r d; tar xzf d.tgz; cat d/a; tar tf d.tgz",
    "text\nd/\nd/a\n",
  ],
  ["echo text | gunzip; echo $?", "gunzip: invalid magic\n1\n"],
  ["echo text > /tmp/a; gunzip /tmp/a; echo $?", "gunzip: /tmp/a: unknown suffix, ignored\n1\n"],
  ["gzip /none; echo $?", "gzip: /none: No such file or directory\n1\n"],
])("%s", async (script, output) => {
  expect(await runScript(script)).toEqual({ output, exitCode: 0 });
});
