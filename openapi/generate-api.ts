/**
 * Writes openapi/api/*.ts, the wire types of every API object, from openapi/facts/types. Run after the facts change:
 * `node openapi/generate-api.ts`. A field is optional unless decoding always fills it in (see openapi/decode.ts):
 * non-pointer objects and scalars that are printed even when unset.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface FactField {
  type: string;
  ptr?: boolean;
  always?: boolean;
  unset?: unknown;
  enum?: string[];
}
interface FactType {
  gvk?: string;
  scalar?: string;
  fields?: Record<string, FactField>;
}

const facts = join(import.meta.dirname, "facts", "types");
const out = join(import.meta.dirname, "api");
mkdirSync(out, { recursive: true });

const SCALARS: Record<string, string> = {
  string: "string",
  int32: "number",
  int64: "number",
  double: "number",
  boolean: "boolean",
  bytes: "string",
  any: "unknown",
};
const files = new Map(
  readdirSync(facts).map((file) => [
    file.replace(/\.json$/, ""),
    JSON.parse(readFileSync(join(facts, file), "utf8")) as Record<string, FactType>,
  ]),
);
const home = new Map<string, string>();
for (const [file, types] of files) for (const name of Object.keys(types)) if (!home.has(name)) home.set(name, file);

const shortName = (name: string) => name.slice(name.lastIndexOf(".") + 1);
const scalarType = (scalar: string) =>
  scalar === "int32|string" ? "number | string" : scalar === "any object" ? "Record<string, unknown>" : "string";

for (const [file, types] of files) {
  const imports = new Map<string, Set<string>>();
  const typeText = (type: string): string => {
    if (type.startsWith("[]")) {
      const item = typeText(type.slice(2));
      return /[ |]/.test(item) ? `(${item})[]` : `${item}[]`;
    }
    if (type.startsWith("map[string]")) return `Record<string, ${typeText(type.slice(11))}>`;
    const scalar = SCALARS[type];
    if (scalar) return scalar;
    const from = home.get(type);
    if (!from) return "unknown";
    if (from !== file) {
      if (!imports.has(from)) imports.set(from, new Set());
      imports.get(from)?.add(shortName(type));
    }
    return shortName(type);
  };
  const bodies: string[] = [];
  for (const [name, type] of Object.entries(types)) {
    if (home.get(name) !== file) continue;
    if (!type.fields) {
      bodies.push(`export type ${shortName(name)} = ${scalarType(type.scalar ?? "any object")};\n`);
      continue;
    }
    const lines = Object.entries(type.fields).map(([field, fact]) => {
      const list = fact.type.startsWith("[]") || fact.type.startsWith("map[");
      const filled = fact.always && !fact.ptr && !list && fact.unset !== null && fact.unset !== undefined;
      const key = /^[A-Za-z_]\w*$/.test(field) ? field : JSON.stringify(field);
      return `  ${key}${filled ? "" : "?"}: ${typeText(fact.type)};`;
    });
    bodies.push(`/** ${name} */\nexport interface ${shortName(name)} {\n${lines.join("\n")}\n}\n`);
  }
  const head = [...imports]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([from, names]) => `import type { ${[...names].sort().join(", ")} } from "./${from}.ts";\n`)
    .join("");
  writeFileSync(
    join(out, `${file}.ts`),
    `// Made by openapi/generate-api.ts from openapi/facts/types. Do not edit.\n${head}\n${bodies.join("\n")}`,
  );
}
