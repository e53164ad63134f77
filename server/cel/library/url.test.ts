import { expect, test } from "vitest";
import { compile } from "../compile.ts";

const run = (expression: string) => {
  const program = compile(expression, { variables: {} });
  if (!program.ok) return program.message;
  const outcome = program.evaluate({});
  return outcome.ok ? outcome.value : outcome.message;
};

test.each([
  ["isURL('mailto:a@b.c')", true],
  ["isURL('a/b')", false],
  ["isURL('http://[fe80::1%25en0]/')", true],
  ["url('mailto:a@b.c?x=1').getHost()", ""],
  ["url('mailto:a@b.c?x=1').getQuery()['x'][0]", "1"],
  ["url('http://u:p@h.example:80/a b?c=d#e').getHost()", "h.example:80"],
  ["url('http://h.example:80/a b?c=d#e').getEscapedPath()", "/a%20b"],
  [
    "url('http://a b').getHost()",
    'URL parse error during conversion from string: parse "http://a b": invalid character " " in host name',
  ],
])("%s gives %j", (expression, expected) => {
  expect(run(expression)).toEqual(expected);
});
