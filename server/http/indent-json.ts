/**
 * Compact JSON indented by two spaces, strings untouched: json.MarshalIndent. No newline at the end.
 * @param start how deep in a larger text this part of it is
 */
export function indentJson(text: string, start = 0): string {
  let out = "";
  let depth = start;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      i = endOfString(text, i);
    } else if (c === "{" || c === "[") {
      const next = text[i + 1];
      if (next === "}" || next === "]") {
        i++;
        continue;
      }
      depth++;
      out += `${text.slice(from, i + 1)}\n${"  ".repeat(depth)}`;
      from = i + 1;
    } else if (c === "}" || c === "]") {
      depth--;
      out += `${text.slice(from, i)}\n${"  ".repeat(depth)}`;
      from = i;
    } else if (c === ",") {
      out += `${text.slice(from, i + 1)}\n${"  ".repeat(depth)}`;
      from = i + 1;
    } else if (c === ":") {
      out += `${text.slice(from, i + 1)} `;
      from = i + 1;
    }
  }
  return out + text.slice(from);
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i;
  }
  return text.length;
}
