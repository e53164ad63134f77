/**
 * Descriptions of built-in types, read from the typings of @kubernetes/client-node when a document is asked for. They
 * are upstream's prose, so they are not kept here; without that package documents have no descriptions.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Of a type itself and of its fields by JSON name. */
export interface Descriptions {
  readonly type?: string;
  readonly fields: ReadonlyMap<string, string>;
}

const NONE: Descriptions = { fields: new Map() };
const known = new Map<string, Descriptions>();
let models: string | undefined | null;

/** Descriptions of a definition; empty when the typings do not have it. */
export function descriptionsOf(definitionName: string): Descriptions {
  let found = known.get(definitionName);
  if (!found) {
    found = read(definitionName);
    known.set(definitionName, found);
  }
  return found;
}

function modelsFolder(): string | undefined {
  if (models === undefined) {
    try {
      models = join(dirname(fileURLToPath(import.meta.resolve("@kubernetes/client-node"))), "gen", "models");
    } catch {
      models = null; // not installed beside us
    }
  }
  return models ?? undefined;
}

function read(definitionName: string): Descriptions {
  const folder = modelsFolder();
  const parts = definitionName.split(".");
  const [group = "", version = "", kind = ""] = parts.slice(-3);
  if (!folder || !/^v[0-9]/.test(version)) return NONE;
  const plain = version.charAt(0).toUpperCase() + version.slice(1) + kind;
  // Kinds that several groups have carry their group: CoreV1Event, EventsV1Event.
  for (const name of [group.charAt(0).toUpperCase() + group.slice(1) + plain, plain]) {
    try {
      return parse(readFileSync(join(folder, `${name}.d.ts`), "utf8"));
    } catch {
      // the other name, or none
    }
  }
  return NONE;
}

function parse(source: string): Descriptions {
  const fields = new Map<string, string>();
  const start = source.indexOf("export declare class");
  const type = /\/\*\*\n((?:\* .*\n)+)\*\/\n$/.exec(source.slice(0, start))?.[1];
  for (const [, comment = "", field = ""] of source
    .slice(start)
    .matchAll(/\/\*\*\n((?: *\*(?!\/).*\n)+) *\*\/\n *'([^']+)'/g))
    fields.set(field.replace(/^_(?=[a-z$])/, ""), text(comment));
  return { ...(type && { type: text(type) }), fields };
}

function text(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^ *\* ?/, ""))
    .join("\n")
    .trim()
    .replace(/\\(['"\\])/g, "$1")
    .replaceAll("*_/", "*/");
}
