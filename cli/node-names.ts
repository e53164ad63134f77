/** The name of the nth node, from 0: node-a … node-z, node-aa, node-ab … */
export function nodeName(index: number, prefix = "node-"): string {
  let letters = "";
  for (let n = index; n >= 0; n = Math.floor(n / 26) - 1) letters = String.fromCharCode(97 + (n % 26)) + letters;
  return prefix + letters;
}
