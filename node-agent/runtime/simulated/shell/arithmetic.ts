import { ScriptError } from "./syntax.ts";

/** Variables that an expression reads and writes. */
export interface Variables {
  get(name: string): string;
  set(name: string, value: string): void;
}

const TOKEN =
  /\s*(0x[\da-f]+|\d+|[A-Za-z_]\w*|<<=|>>=|\*\*|[-+*/%&|^]=|==|!=|<=|>=|&&|\|\||<<|>>|\+\+|--|[-+*/%<>=!~&|^?:()])/iy;
/** Weakest first. */
const LEVELS = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<", ">", "<=", ">="],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];

const OPERATIONS: Readonly<Record<string, (a: bigint, b: bigint) => bigint | boolean>> = {
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "&": (a, b) => a & b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "<<": (a, b) => a << b,
  ">>": (a, b) => a >> b,
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / nonZero(b),
  "%": (a, b) => a % nonZero(b),
};

function nonZero(value: bigint): bigint {
  if (value === 0n) throw new ScriptError("divide by zero");
  return value;
}

/** The value of `$(( … ))`, in 64 bits. @throws ScriptError */
export function evaluate(expression: string, variables: Variables): string {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const text = expression.trimEnd();
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) throw new ScriptError("arithmetic syntax error");
    tokens.push(match[1] ?? "");
  }
  if (tokens.length === 0) return "0";
  let at = 0;
  const take = (token: string) => tokens[at] === token && ++at > 0;
  const wrap = (value: bigint | boolean) => BigInt.asIntN(64, BigInt(value));
  const valueIn = (name: string) => BigInt(evaluate(variables.get(name) || "0", variables));

  function assignment(): bigint {
    const name = tokens[at] ?? "";
    const operator = tokens[at + 1] ?? "";
    if (!/^[A-Za-z_]/.test(name) || !/^([-+*/%&|^]|<<|>>)?=$/.test(operator)) return conditional();
    at += 2;
    const right = assignment();
    const operation = OPERATIONS[operator.slice(0, -1)];
    const value = wrap(operation ? operation(valueIn(name), right) : right);
    variables.set(name, String(value));
    return value;
  }
  function conditional(): bigint {
    const condition = binary(0);
    if (!take("?")) return condition;
    const yes = assignment();
    if (!take(":")) throw new ScriptError("arithmetic syntax error");
    const no = assignment();
    return condition !== 0n ? yes : no;
  }
  function binary(level: number): bigint {
    const operators = LEVELS[level];
    if (!operators) return unary();
    let left = binary(level + 1);
    for (let operator = tokens[at]; operator && operators.includes(operator); operator = tokens[at]) {
      at++;
      const right = binary(level + 1);
      if (operator === "||") left = wrap(left !== 0n || right !== 0n);
      else if (operator === "&&") left = wrap(left !== 0n && right !== 0n);
      else left = wrap(OPERATIONS[operator]?.(left, right) ?? 0n);
    }
    return left;
  }
  function unary(): bigint {
    if (take("-")) return wrap(-unary());
    if (take("+")) return unary();
    if (take("!")) return wrap(unary() === 0n);
    if (take("~")) return wrap(~unary());
    if (take("(")) {
      const value = assignment();
      if (!take(")")) throw new ScriptError("arithmetic syntax error");
      return value;
    }
    const before = take("++") ? 1n : take("--") ? -1n : 0n;
    const token = tokens[at++];
    if (token === undefined || !/^\w/.test(token)) throw new ScriptError("arithmetic syntax error");
    if (/^\d/.test(token)) return BigInt(/^0[0-7]+$/.test(token) ? `0o${token.slice(1)}` : token);
    const value = valueIn(token);
    const after = take("++") ? 1n : take("--") ? -1n : 0n;
    if (before + after !== 0n) variables.set(token, String(wrap(value + before + after)));
    return wrap(value + before);
  }
  const result = assignment();
  if (at < tokens.length) throw new ScriptError("arithmetic syntax error");
  return String(result);
}
