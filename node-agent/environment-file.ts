const invalid = (line: number, why: string) => new Error(`invalid environment variable format at line ${line}: ${why}`);
const BLANK = /^[ \t]+/;

/**
 * What a file of lines `NAME='value'` has for a name. A value may go over several lines, and is taken literally; blank
 * lines and comments say nothing. Lines after the one that is asked for are not looked at. (pkg/kubelet/util/env)
 *
 * @returns "" when the name is not there, or has nothing right after its equals sign
 * @throws Error that names the line
 */
export function environmentFileValue(text: string, wanted: string): string {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  if (lines.at(-1) === "") lines.pop();
  for (let index = 0; index < lines.length; index++) {
    const line = (lines[index] ?? "").replace(BLANK, "");
    if (line === "" || line.startsWith("#")) continue;
    const begin = index + 1;
    const equals = line.indexOf("=");
    if (equals < 0) throw invalid(begin, "missing '='");
    const name = line.slice(0, equals);
    if (name === "") throw invalid(begin, "empty variable name");
    if (/[ \t]$/.test(name)) throw invalid(begin, "whitespace before '=' is not allowed");
    let rest = line.slice(equals + 1);
    if (BLANK.test(rest)) {
      if (name === wanted) return "";
      continue;
    }
    if (!rest.startsWith("'")) throw invalid(begin, "value must be enclosed in single quotes");
    rest = rest.slice(1);
    let value = "";
    while (!rest.includes("'")) {
      value += `${rest}\n`;
      if (++index >= lines.length)
        throw new Error(`invalid environment variable format starting at line ${begin}: unclosed single quote`);
      rest = lines[index] ?? "";
    }
    const end = rest.indexOf("'");
    const after = rest.slice(end + 1).replace(BLANK, "");
    if (after !== "" && !after.startsWith("#")) throw invalid(index + 1, "unexpected content after closing quote");
    if (name === wanted) return value + rest.slice(0, end);
  }
  return "";
}
