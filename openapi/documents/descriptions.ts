/**
 * Descriptions of built-in types, read from the typings of kubernetes-models and of
 * @kubernetes/client-node when a document or a Table is asked for. They are upstream's prose, so they are not kept here;
 * without those packages documents have no descriptions.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { commentText, packageFolder } from "./typings.ts";

/** Of a type itself and of its fields by JSON name. */
export interface Descriptions {
  readonly type?: string;
  readonly fields: ReadonlyMap<string, string>;
}

const NONE: Descriptions = { fields: new Map() };
const known = new Map<string, Descriptions>();

/** Descriptions of a definition; empty when the typings do not have it. */
export function descriptionsOf(definitionName: string): Descriptions {
  let found = known.get(definitionName);
  if (!found) {
    found = read(definitionName);
    known.set(definitionName, found);
  }
  return found;
}

const MACHINERY = "io.k8s.apimachinery.pkg.";
/** Fields that kubernetes-models narrows to constants, without their text. */
const CONSTANTS = ["apiVersion", "kind"];

/**
 * kubernetes-models keeps line breaks and what enum values mean, so it goes first; client-node has the text of what it
 * leaves out. Fields without text in the former have none upstream either.
 */
function read(definitionName: string): Descriptions {
  const own = readOwn(definitionName);
  const path = definitionName.startsWith(MACHINERY) ? definitionName.slice(MACHINERY.length).split(".") : undefined;
  const models = path ? machinery(path) : readModels(definitionName);
  if (models === NONE) return own;
  const fields = new Map(models.fields);
  for (const field of CONSTANTS) {
    const text = own.fields.get(field);
    if (text && !fields.has(field)) fields.set(field, text);
  }
  const type = models.type ?? own.type;
  return { ...(type && { type }), fields };
}

/** Of types that all groups share, such as Time. @param path within the package, such as `apis meta v1 Time` */
function machinery(path: readonly string[]): Descriptions {
  const folder = packageFolder("@kubernetes-models/apimachinery");
  if (!folder) return NONE;
  const file = `${join(folder, ...path)}.d.ts`;
  const kind = path.at(-1) ?? "";
  const known = firstOf([file], `export interface I${kind}`, modelText);
  return known === NONE ? firstOf([file], `export type I${kind}`, modelText) : known;
}

function readOwn(definitionName: string): Descriptions {
  const [group = "", version = "", kind = ""] = definitionName.split(".").slice(-3);
  if (!/^v[0-9]/.test(version)) return NONE;
  const plain = version.charAt(0).toUpperCase() + version.slice(1) + kind;
  const typings = packageFolder("@kubernetes/client-node");
  if (!typings) return NONE;
  // Kinds that several groups have carry their group: CoreV1Event, EventsV1Event.
  const names = [group.charAt(0).toUpperCase() + group.slice(1) + plain, plain];
  return firstOf(
    names.map((name) => join(typings, "gen", "models", `${name}.d.ts`)),
    "export declare class",
    unquoted,
  );
}

function readModels(definitionName: string): Descriptions {
  const [group = "", version = "", kind = ""] = definitionName.split(".").slice(-3);
  return firstOf(modelFiles(group, version, kind), `export interface I${kind} `, modelText);
}

function modelFiles(group: string, version: string, kind: string): string[] {
  const models = packageFolder("kubernetes-models");
  if (!models) return [];
  if (group === "core") return [join(models, version, `${kind}.d.ts`)];
  return readdirSync(models)
    .filter((name) => name.split(".")[0] === group)
    .map((name) => join(models, name, version, `${kind}.d.ts`));
}

function firstOf(files: readonly string[], declaration: string, written: (text: string) => string): Descriptions {
  for (const file of files) {
    try {
      return parse(readFileSync(file, "utf8"), declaration, written);
    } catch {
      // the other name, or none
    }
  }
  return NONE;
}

/** @param written turns a comment into what upstream wrote */
function parse(source: string, declaration: string, written: (text: string) => string): Descriptions {
  const fields = new Map<string, string>();
  const start = source.indexOf(declaration);
  if (start < 0) throw new Error(`no ${declaration}`);
  const type = /\/\*\*\n((?: ?\*(?: .*)?\n)+) ?\*\/\n$/.exec(source.slice(0, start))?.[1];
  for (const [, comment = "", field = ""] of source
    .slice(start)
    .matchAll(/\/\*\*\n((?: *\*(?!\/).*\n)+) *\*\/\n *['"]([^'"]+)['"]/g))
    fields.set(field.replace(/^_(?=[a-z$])/, ""), written(commentText(comment)));
  return { ...(type && { type: written(commentText(type)) }), fields };
}

/** client-node quotes what could end a string or a comment. */
const unquoted = (text: string) =>
  text
    .replace(/\\(['"\\])/g, "$1")
    .replaceAll("*_/", "*/")
    .replaceAll("/_*", "/*");

/** kubernetes-models quotes asterisks for Markdown and ends of comments, and adds tags of its own. */
const modelText = (text: string) =>
  text
    .replaceAll("*\\/", "*/")
    .replaceAll("\\*", "*")
    .replace(/\n@deprecated$/, "");
