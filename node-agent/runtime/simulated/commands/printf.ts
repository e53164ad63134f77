const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  e: "\x1b",
  "\\": "\\",
};

/** Backslashes as `echo -e` and `printf` read them. `\c` ends the text. */
export function readEscapes(text: string): string {
  const end = text.indexOf("\\c");
  return (end < 0 ? text : text.slice(0, end)).replaceAll(
    /\\(x[0-9a-fA-F]{1,2}|0?[0-7]{1,3}|.)/g,
    (whole, code: string) => {
      if (code[0] === "x" && code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
      if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 255);
      return ESCAPES[code] ?? whole;
    },
  );
}

/** The format is used again as long as there are arguments. */
export function formatPrintf(format: string, args: readonly string[]): string {
  let left = [...args];
  let result = "";
  do {
    const before = left.length;
    let used = false;
    result += readEscapes(format).replaceAll(
      /%%|%([-0+ ]*)(\d*)(?:\.(\d+))?([sdiuxXofgcb])/g,
      (whole, ...groups: string[]) => {
        if (whole === "%%") return "%";
        used = true;
        const [flags = "", width = "", precision, type = "s"] = groups;
        return pad(convert(type, left.shift() ?? "", precision), flags, Number(width), type);
      },
    );
    if (!used || left.length === before) left = [];
  } while (left.length > 0);
  return result;
}

function convert(type: string, value: string, precision: string | undefined): string {
  const number = /^['"]/.test(value) ? value.charCodeAt(1) : Number(value) || 0;
  switch (type) {
    case "d":
    case "i":
    case "u":
      return String(Math.trunc(number));
    case "x":
      return Math.trunc(number).toString(16);
    case "X":
      return Math.trunc(number).toString(16).toUpperCase();
    case "o":
      return Math.trunc(number).toString(8);
    case "f":
      return number.toFixed(Number(precision ?? 6));
    case "g":
      return String(number);
    case "c":
      return value[0] ?? "";
    case "b":
      return readEscapes(value);
    default:
      return precision === undefined ? value : value.slice(0, Number(precision));
  }
}

function pad(text: string, flags: string, width: number, type: string): string {
  const signed = flags.includes("+") && /[dif]/.test(type) && !text.startsWith("-") ? `+${text}` : text;
  if (flags.includes("-")) return signed.padEnd(width);
  return signed.padStart(width, flags.includes("0") && type !== "s" ? "0" : " ");
}
