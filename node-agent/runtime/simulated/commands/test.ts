import type { Process } from "../behaviour.ts";
import type { Node } from "../files/node.ts";
import { nameOf, pathOf } from "./command.ts";

class WrongUse extends Error {}

/** `test`, and `[` with its `]`. @returns 0, 1, or 2 for what is no test */
export async function test(process: Process): Promise<number> {
  const words = process.args.slice(1);
  const name = nameOf(process);
  if (name === "[" && words.pop() !== "]") {
    process.stderr.write("sh: missing ]\n");
    return 2;
  }
  let at = 0;
  const take = (word: string) => words[at] === word && ++at > 0;

  async function either(): Promise<boolean> {
    let value = await both();
    while (take("-o")) value = (await both()) || value;
    return value;
  }
  async function both(): Promise<boolean> {
    let value = await one();
    while (take("-a")) value = (await one()) && value;
    return value;
  }
  async function one(): Promise<boolean> {
    const [first, second, third] = words.slice(at, at + 3);
    if (first === undefined) throw new WrongUse("argument expected");
    const binary = second !== undefined && third !== undefined ? BINARY[second] : undefined;
    if (binary) {
      at += 3;
      return binary(first, third ?? "");
    }
    if (first === "!") {
      at++;
      return !(await one());
    }
    if (first === "(") {
      at++;
      const value = await either();
      if (!take(")")) throw new WrongUse("closing paren expected");
      return value;
    }
    if (/^-[a-zA-Z]$/.test(first) && second !== undefined) {
      at += 2;
      return unary(first, second, process);
    }
    at++;
    return first !== "";
  }
  try {
    if (words.length === 0) return 1;
    const value = await either();
    if (at < words.length) throw new WrongUse(`${words[at]}: unknown operand`);
    return value ? 0 : 1;
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error;
    process.stderr.write(`sh: ${error.message}\n`);
    return 2;
  }
}

function integer(text: string): number {
  if (!/^\s*[-+]?\d+\s*$/.test(text)) throw new WrongUse(`bad number '${text}'`);
  return Number(text);
}

const BINARY: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  "=": (a, b) => a === b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "-eq": (a, b) => integer(a) === integer(b),
  "-ne": (a, b) => integer(a) !== integer(b),
  "-lt": (a, b) => integer(a) < integer(b),
  "-le": (a, b) => integer(a) <= integer(b),
  "-gt": (a, b) => integer(a) > integer(b),
  "-ge": (a, b) => integer(a) >= integer(b),
};

async function unary(operator: string, word: string, process: Process): Promise<boolean> {
  if (operator === "-n") return word !== "";
  if (operator === "-z") return word === "";
  const path = pathOf(process, word);
  const node: Node | undefined = await process.files
    .stat(path, !"hL".includes(operator[1] ?? ""))
    .catch(() => undefined);
  if (!node) return false;
  switch (operator) {
    case "-e":
      return true;
    case "-f":
      return node.type === "file";
    case "-d":
      return node.type === "directory";
    case "-h":
    case "-L":
      return node.type === "link";
    case "-s":
      return node.type !== "file" || node.content.length > 0;
    case "-r":
      return process.files.allows(path, 4);
    case "-w":
      return process.files.allows(path, 2);
    case "-x":
      return process.files.allows(path, 1);
    default:
      throw new WrongUse(`${word}: unknown operand`);
  }
}
