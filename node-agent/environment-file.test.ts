import { expect, test } from "vitest";
import { environmentFileValue } from "./environment-file.ts";

test.each([
  { text: "A='one'\nB='two'\n", key: "B", value: "two" },
  { text: "  A='one' # why\n\n# A='other'\n", key: "A", value: "one" },
  { text: "A='one\n  two'\nB='$A \\n'", key: "A", value: "one\n  two" },
  { text: "A='one\n  two'\nB='$A \\n'", key: "B", value: "$A \\n" },
  { text: "A= 'one'\nA='two'", key: "A", value: "" },
  { text: "A='one'", key: "B", value: "" },
  { text: "A='one'\nnonsense", key: "A", value: "one" },
])("$key of $text is $value", ({ text, key, value }) => {
  expect(environmentFileValue(text, key)).toBe(value);
});

test.each([
  { text: "nonsense", says: "invalid environment variable format at line 1: missing '='" },
  { text: "\n='x'", says: "invalid environment variable format at line 2: empty variable name" },
  { text: "B ='x'", says: "invalid environment variable format at line 1: whitespace before '=' is not allowed" },
  { text: "B=x", says: "invalid environment variable format at line 1: value must be enclosed in single quotes" },
  { text: "B='x' y", says: "invalid environment variable format at line 1: unexpected content after closing quote" },
  { text: "\nB='x\ny", says: "invalid environment variable format starting at line 2: unclosed single quote" },
])("$text is refused: $says", ({ text, says }) => {
  expect(() => environmentFileValue(text, "A")).toThrow(says);
});
