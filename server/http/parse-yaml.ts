import { isUtf8 } from "node:buffer";
import {
  type Document,
  type DocumentOptions,
  isCollection,
  isNode,
  isScalar,
  type ParseOptions,
  parse,
  parseDocument,
  type ScalarTag,
  type SchemaOptions,
  visit,
  type YAMLError,
} from "yaml";
import { encodeRaw } from "../../openapi/encode.ts";
import { NumberText, numberOf } from "../../openapi/exact-json.ts";
import { compareText } from "../meta/managed-fields/path-element.ts";
import { type Members, setMember } from "../meta/members.ts";
import { jsonInYaml, numberFromYaml } from "./json-in-yaml.ts";
import { goYamlError, goYamlValueError, isBehind } from "./yaml-errors.ts";

/** YAML as go-yaml reads it into plain data. */
export interface ParsedYaml {
  readonly value: unknown;
  /** `line 7: key "a" already set in map`, one for each. */
  readonly duplicates: readonly string[];
}

// Dates and numbers to base 60 stay text in go-yaml v2's untyped maps.
const TEXT_IN_GO = new Set(["tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:binary"]);

/** Becomes the text that it encodes. */
const BINARY: ScalarTag = {
  tag: "tag:yaml.org,2002:binary",
  resolve(text, onError) {
    const bytes = Buffer.from(text, "base64");
    if (bytes.toString("base64") !== text) onError("!!binary value contains invalid base64 data");
    return bytes.toString("utf8");
  },
};

const FLOAT = "tag:yaml.org,2002:float";
/** go-yaml's floats: the library takes "." and "E0" for numbers, too. */
const FLOATS: ScalarTag = {
  tag: FLOAT,
  default: true,
  test: /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/,
  // What no double holds stays text, as where strconv reports a range error.
  resolve: (text) => (Number.isFinite(Number(text)) ? Number(text) : text),
};

const OPTIONS: DocumentOptions & ParseOptions & SchemaOptions = {
  version: "1.1",
  intAsBigInt: true,
  customTags: (tags) => [
    ...tags.filter((tag) => {
      if (typeof tag === "string") return true;
      if (TEXT_IN_GO.has(tag.tag) || ("format" in tag && tag.format === "TIME")) return false;
      return tag.tag !== FLOAT || ("test" in tag && tag.test?.test(".nan"));
    }),
    FLOATS,
    BINARY,
  ],
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: those that YAML does not allow
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** @throws Error in go-yaml's words, `yaml: …`. */
export function parseYaml(bytes: Uint8Array): ParsedYaml {
  if (!isUtf8(bytes)) throw new Error("yaml: invalid leading UTF-8 octet");
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  if (CONTROL.test(text)) throw new Error("yaml: control characters are not allowed");
  const json = bounded(() => jsonInYaml(text));
  if (json) return { value: json.value, duplicates: [] };
  return parseAsYaml(text);
}

/** Whatever it looks like. @throws Error in go-yaml's words */
export function parseAsYaml(text: string): ParsedYaml {
  return bounded(() => parsed(text));
}

/** Our stack ends before go-yaml's patience does. */
function bounded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof RangeError ? new Error("yaml: exceeded max depth of 10000") : error;
  }
}

function parsed(text: string): ParsedYaml {
  const document = parseDocument(text, { ...OPTIONS, uniqueKeys: true });
  const duplicates: string[] = [];
  for (const error of document.errors) {
    if (error.code === "MULTIPLE_DOCS") continue;
    if (isBehind(document.contents, error, text)) break;
    // Our stack ends before go-yaml's patience does.
    if (error.message.startsWith("Maximum call stack")) throw new Error("yaml: exceeded max depth of 10000");
    if (error.code !== "DUPLICATE_KEY") throw new Error(goYamlError(error, text, document.contents));
    duplicates.push(`line ${error.linePos?.[0].line ?? 0}: key ${keyAt(text, error)} already set in map`);
  }
  refuseSurrogates(document, text);
  refuseKeys(document);
  return { value: withNumbers(dataOf(document), new Set()), duplicates };
}

function dataOf(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw error instanceof Error ? goYamlValueError(error) : error;
  }
}

/** Half a character by its number: JSON allows two in a row, YAML none. */
const SURROGATE = /(?<!\\)(?:\\\\)*\\(?:u|U0000)[dD][89a-fA-F]/;

/** @throws Error in go-yaml's words */
function refuseSurrogates(document: Document.Parsed, text: string): void {
  if (!SURROGATE.test(text)) return;
  visit(document, {
    Scalar(_, { type, range }) {
      if (type !== "QUOTE_DOUBLE" || !range) return;
      const found = SURROGATE.exec(text.slice(range[0], range[1]));
      if (!found) return;
      const line = text.slice(0, range[0] + found.index).split("\n").length;
      throw new Error(`yaml: ${line > 1 ? `line ${line}: ` : ""}found invalid Unicode character escape code`);
    },
  });
}

/** Keys that JSON cannot have: lists, maps and nothing. @throws Error in go-yaml's words */
function refuseKeys(document: Document.Parsed): void {
  visit(document, {
    Pair(_, { key, value }) {
      if (isCollection(key)) throw new Error(`yaml: invalid map key: ${goSyntax(key.toJS(document))}`);
      if (!isScalar(key) || key.value !== null) return;
      const plain: unknown = isNode(value) ? value.toJS(document) : null;
      const shown = plain === null ? "<nil>" : goSyntax(plain);
      throw new Error(`unsupported map key of type: %!s(<nil>), key: <nil>, value: ${shown}`);
    },
  });
}

/** A value as Go's `%#v` prints it. */
function goSyntax(value: unknown): string {
  if (value === null) return "interface {}(nil)";
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (typeof value !== "object") return typeof value === "string" ? JSON.stringify(value) : String(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${goSyntax(member)}`);
  return `map[interface {}]interface {}{${members.join(", ")}}`;
}

/** What upstream's serializers make of YAML before anything else. @throws Error in go-yaml's words */
export function jsonOfYaml(bytes: Uint8Array): Uint8Array {
  return Buffer.from(encodeRaw(parseYaml(bytes).value));
}

/** Integers as JSON has them: numbers, bigints up to an int64, and beyond an uint64 the floats of go-yaml. */
function withNumbers(value: unknown, seen: Set<unknown>): unknown {
  if (typeof value === "bigint") {
    const exact = numberOf(String(value));
    if (typeof exact === "bigint" || Number.isSafeInteger(exact)) return exact;
    return value > 0 && value <= MOST_UINT64 ? new NumberText(String(value)) : exact;
  }
  if (typeof value === "number") return numberFromYaml(value);
  // Aliases lead to the same object again, even to one that they are inside of.
  if (typeof value !== "object" || value === null || seen.has(value)) return value;
  seen.add(value);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) value[index] = withNumbers(item, seen);
    return value;
  }
  // Upstream makes JSON of it, which has the keys of maps in order: errors and warnings show that.
  const members = Object.entries(value).sort(([a], [b]) => compareText(a, b));
  for (const [key, member] of members) {
    delete (value as Members)[key]; // an object
    setMember(value as Members, key, withNumbers(member, seen));
  }
  return value;
}

const MOST_UINT64 = 2n ** 64n - 1n;

/** The key as Go prints its value: `y` is true. */
function keyAt(text: string, error: YAMLError): string {
  const rest = text.slice(error.pos[0]);
  const key: unknown = parse(/^("[^"\n]*"|'[^'\n]*'|[^:\n]*)/.exec(rest)?.[0] ?? "", OPTIONS);
  return JSON.stringify(key);
}
