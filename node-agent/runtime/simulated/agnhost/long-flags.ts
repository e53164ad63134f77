/** `--name=value`, `--name value` and bare `--name`. */
export function longFlags(args: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (let at = 1; at < args.length; at++) {
    const [, name, value] = /^--?([^=]+)(?:=(.*))?$/s.exec(args[at] ?? "") ?? [];
    if (name === undefined) continue;
    const next = args[at + 1];
    // What begins with a sign and a digit is a number.
    const isValue = value === undefined && next !== undefined && !/^-\D/.test(next);
    if (isValue) at++;
    flags.set(name, value ?? (isValue ? next : "true"));
  }
  return flags;
}
