import type { Builtin } from "./state.ts";

/**
 * Reads one option of the arguments into a variable. How far it has come is in OPTIND, and within letters that stand
 * together in a variable of its own. (busybox shell/ash.c getoptscmd)
 */
export const getopts: Builtin = (shell, [spec = "", name = "", ...given], { stderr }) => {
  const args = given.length > 0 ? given : shell.arguments;
  const quiet = spec.startsWith(":");
  const index = Math.max(1, Number(shell.get("OPTIND")) || 1);
  const word = args[index - 1] ?? "";
  const offset = Math.max(1, Number(shell.get(PLACE)) || 1);
  const letter = word[offset];
  const move = (to: number, place: number) => {
    shell.set("OPTIND", String(to));
    shell.set(PLACE, String(place));
  };
  if (!word.startsWith("-") || word === "-" || word === "--") {
    move(word === "--" ? index + 1 : index, 1);
    shell.set(name, "?");
    return 1;
  }
  const rest = word.slice(offset + 1);
  const at = letter === ":" ? -1 : spec.indexOf(letter ?? "");
  const isValued = at >= 0 && spec[at + 1] === ":";
  if (rest && !isValued) move(index, offset + 1);
  else move(index + 1, 1);
  shell.set("OPTARG", "");
  const value = rest || args[index];
  const isMissing = isValued && value === undefined;
  if (at >= 0 && !isMissing) {
    if (isValued && !rest) move(index + 2, 1);
    if (isValued) shell.set("OPTARG", value ?? "");
    shell.set(name, letter ?? "");
    return 0;
  }
  if (quiet) shell.set("OPTARG", letter ?? "");
  else stderr.write(isMissing ? `No arg for -${letter} option\n` : `Illegal option -${letter}\n`);
  shell.set(name, quiet && isMissing ? ":" : "?");
  return 0;
};

const PLACE = "__OPTPLACE";
