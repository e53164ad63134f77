/** Options of a command line by their long names; the rest stays in order. */
export interface Options {
  /** Every value that was given; flags without one have "". */
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly rest: readonly string[];
  /** The first option that is not known. */
  readonly unknown?: string;
}

/**
 * Reads options as getopt_long does.
 *
 * @param short long names by letter
 * @param valued long names of options that take a value
 * @param flags long names of the others
 */
export function readOptions(
  args: readonly string[],
  short: Readonly<Record<string, string>>,
  valued: readonly string[],
  flags: readonly string[],
): Options {
  const given = new Map<string, string[]>();
  const rest: string[] = [];
  let unknown: string | undefined;
  const add = (name: string, value: string) => given.set(name, [...(given.get(name) ?? []), value]);
  for (let at = 1; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--") {
      rest.push(...args.slice(at + 1));
      break;
    }
    if (arg.startsWith("--")) {
      const [name = "", value] = splitOnce(arg.slice(2), "=");
      if (valued.includes(name)) add(name, value ?? args[++at] ?? "");
      else if (flags.includes(name)) add(name, "");
      else unknown ??= arg;
    } else if (arg.startsWith("-") && arg.length > 1) {
      for (let letter = 1; letter < arg.length; letter++) {
        const name = short[arg[letter] ?? ""];
        if (name === undefined) unknown ??= `-${arg[letter]}`;
        else if (valued.includes(name)) {
          add(name, arg.slice(letter + 1) || (args[++at] ?? ""));
          break;
        } else add(name, "");
      }
    } else rest.push(arg);
  }
  return { given, rest, ...(unknown !== undefined && { unknown }) };
}

function splitOnce(text: string, by: string): [string, string?] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
