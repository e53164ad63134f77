/**
 * Descriptions of operations and of their parameters, read from the typings of @kubernetes/client-node when a document is
 * made. They are upstream's prose, so they are not kept here; without that package documents have short ones of ours.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { capitalise, type Operation } from "./operation.ts";
import { commentText, packageFolder } from "./typings.ts";

const TYPINGS = join("gen", "types", "ObjectParamAPI.d.ts");
let typings: string | undefined;
/** Names of requests to their parameters' descriptions. */
const requests = new Map<string, ReadonlyMap<string, string>>();
/** `CoreV1.listNamespacedPod` to what it does. */
let operations: ReadonlyMap<string, string> | undefined;

/**
 * Description of a parameter. @param request as the typings name it, such as `ListNamespacedPod`; of core v1
 * @returns undefined when the typings do not have it
 */
export function parameterDescription(request: string, parameter: string): string | undefined {
  let fields = requests.get(request);
  if (!fields) {
    fields = readRequest(request);
    requests.set(request, fields);
  }
  return fields.get(parameter);
}

/** What an operation of a built-in kind, or of none, does. @returns undefined when the typings do not have it */
export function operationDescription({ tag, id }: Pick<Operation, "tag" | "id">): string | undefined {
  operations ??= readOperations();
  const api = tag.split("_").map(capitalise).join("");
  return operations.get(`${api}.${id.replace(api, "")}`);
}

function readTypings(): string {
  const folder = packageFolder("@kubernetes/client-node");
  try {
    typings ??= folder ? readFileSync(join(folder, TYPINGS), "utf8") : "";
  } catch {
    typings = "";
  }
  return typings;
}

function readRequest(request: string): ReadonlyMap<string, string> {
  const source = readTypings();
  const start = source.indexOf(`export interface CoreV1Api${request}Request {`);
  if (start < 0) return new Map();
  const written = request.startsWith("List") ? inLines : (text: string) => text;
  const members = source.slice(start, source.indexOf("\n}", start));
  return new Map(
    [...members.matchAll(/\/\*\*\n((?: *\*(?!\/).*\n)+) *\*\/\n *_?(\w+)\??:/g)].map(([, comment = "", name = ""]) => [
      name,
      written(unescaped(commentText(comment).replace(/\n?Defaults to: [\s\S]*$/, ""))),
    ]),
  );
}

function readOperations(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let api = "";
  for (const [, name, comment = "", method = ""] of readTypings().matchAll(
    /^export declare class Object(\w+)Api |^ {4}\/\*\*\n {5}\* (.+)\n {5}\* @param param .*\n {5}\*\/\n {4}(\w+)\(/gm,
  )) {
    if (name !== undefined) api = name;
    else if (!method.endsWith("WithHttpInfo")) found.set(`${api}.${method}`, unescaped(comment));
  }
  return found;
}

const ENTITIES: Readonly<Record<string, string>> = { quot: '"', lt: "<", gt: ">", amp: "&" };

/** The typings have this text as HTML. */
const unescaped = (html: string) =>
  html
    .replace(/\\(['"&])/g, "$1")
    .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, decimal: string) => String.fromCodePoint(Number(decimal)))
    .replace(/&(\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity);

/** And what has paragraphs and lists in one line: a line that is set in begins with as many spaces and one more. */
const inLines = (text: string) =>
  text
    .replace(/(?<=\S) ( {2,})(?=\S)/g, "\n$1")
    .replace(/(?<=[.:)]) {2}(?=\S)/g, "\n\n")
    .replace(/(?<=\.) (?=- `)/g, "\n");
