/** What POSIX names of classes stand for between brackets, as JavaScript has it. */
export const CLASSES: Readonly<Record<string, string>> = {
  alpha: "A-Za-z",
  digit: "0-9",
  alnum: "A-Za-z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: "\\s",
  blank: " \\t",
  punct: "!-\\/:-@\\[-`{-~",
  xdigit: "0-9A-Fa-f",
};

/** The source of a JavaScript expression. @param extended as behind `-E` */
export function regular(pattern: string, extended: boolean): string {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const sign = pattern[at] ?? "";
    if (sign === "[") {
      const [, body = ""] = /^\[(\^?\]?(?:\[:\w+:\]|[^\]])*)\]/.exec(pattern.slice(at)) ?? [];
      if (body === "") {
        source += "\\[";
        continue;
      }
      at += body.length + 1;
      const inside = body
        .replace(/^(\^?)\]/, "$1\\]")
        .replaceAll(/\[:(\w+):\]|\\(?!\])/g, (_, name?: string) =>
          name === undefined ? "\\\\" : (CLASSES[name] ?? ""),
        );
      source += `[${inside.replaceAll(/\[(?!:)/g, "\\[")}]`;
    } else if (sign === "\\") {
      const next = pattern[++at] ?? "\\";
      source += !extended && /[+?|(){}]/.test(next) ? next : next === "<" || next === ">" ? "\\b" : `\\${next}`;
    } else if (sign === "*" && (source === "" || /[(|^]$/.test(source))) source += "\\*";
    else source += !extended && /[+?|(){}]/.test(sign) ? `\\${sign}` : sign;
  }
  return source;
}
