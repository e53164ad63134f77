import type { Expression } from "./syntax.ts";

/** The nodes right below one. */
export function children(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case "select":
      return node.variable === undefined ? [node.operand] : [];
    case "call":
      return node.target ? [node.target, ...node.args] : node.args;
    case "list":
      return node.elements;
    case "map":
      return node.entries.flatMap(({ key, value }) => [key, value]);
    case "struct":
      return node.fields.map(({ value }) => value);
    case "fold":
      return [node.range, node.start, node.condition, node.step, node.result];
    default:
      return [];
  }
}

/** `a.b.c` as text, when the node is only that. */
export function pathOf(node: Expression): string | undefined {
  if (node.kind === "identifier") return node.name;
  if (node.kind !== "select" || node.test) return undefined;
  const parent = pathOf(node.operand);
  return parent === undefined ? undefined : `${parent}.${node.field}`;
}
