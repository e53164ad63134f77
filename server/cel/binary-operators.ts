/** Binding power and function name of each binary operator. */
export const BINARY: Readonly<Record<string, readonly [number, string]>> = {
  "||": [2, "_||_"],
  "&&": [3, "_&&_"],
  "==": [4, "_==_"],
  "!=": [4, "_!=_"],
  "<": [4, "_<_"],
  "<=": [4, "_<=_"],
  ">": [4, "_>_"],
  ">=": [4, "_>=_"],
  in: [4, "@in"],
  "+": [5, "_+_"],
  "-": [5, "_-_"],
  "*": [6, "_*_"],
  "/": [6, "_/_"],
  "%": [6, "_%_"],
};
