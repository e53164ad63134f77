import { parseJson } from "../../openapi/exact-json.ts";
import type { Steps } from "../../openapi/steps.ts";
import { toYaml } from "../../openapi/yaml.ts";
import { indentJson } from "./indent-json.ts";
import type { Frame } from "./list-bytes.ts";
import type { MediaType } from "./negotiate.ts";
import { Pieces } from "./pieces.ts";

/** A JSON list that is not made yet. */
export interface JsonList<T> {
  readonly items: readonly T[];
  /** JSON of an item, without a newline. */
  readonly jsonOf: (item: T) => Uint8Array;
  readonly frame: Frame;
}

/** How deep in a list its items are. */
const ITEM_DEPTH = 2;

/** A list as YAML or indented, an item a step: what people read of thousands of objects takes seconds to make. */
export function* listText<T>(list: JsonList<T>, { format }: Pick<MediaType, "format">): Steps<Pieces> {
  const { head, separator, tail, textOf } = (format === "yaml" ? yamlForm : indentedForm)(list.frame);
  const { items } = list;
  if (items.length === 0) {
    const text = list.frame.head.toString() + list.frame.tail.toString().trimEnd();
    return new Pieces([Buffer.from(format === "yaml" ? toYaml(parseJson(text)) : indentJson(text))]);
  }
  const pieces: Uint8Array[] = [];
  for (const item of items) {
    const text = textOf(itemText(list.jsonOf(item), list.frame));
    pieces.push(Buffer.from((pieces.length === 0 ? head : separator) + text));
    yield;
  }
  pieces.push(Buffer.from(tail));
  return new Pieces(pieces);
}

/** What stands around the items, and how an item is written. */
interface TextForm {
  readonly head: string;
  readonly separator: string;
  readonly tail: string;
  textOf(json: string): string;
}

function indentedForm({ head, tail }: Frame): TextForm {
  return {
    head: indentJson(head.toString()),
    separator: `,\n${"  ".repeat(ITEM_DEPTH)}`,
    tail: indentJson(tail.toString().trimEnd(), ITEM_DEPTH),
    textOf: (json) => indentJson(json, ITEM_DEPTH),
  };
}

/** YAML sorts keys: the items stand where those of the empty list do. */
function yamlForm({ head, tail }: Frame): TextForm {
  const key = /"(\w+)":\[$/.exec(head.toString())?.[1];
  const empty = toYaml(parseJson(head.toString() + tail.toString()));
  const line = `${key}: []\n`;
  // At the start of a line: texts of several lines are indented.
  const at = empty.startsWith(line) ? 0 : empty.indexOf(`\n${line}`) + 1;
  return {
    head: `${empty.slice(0, at)}${key}:\n`,
    separator: "",
    tail: empty.slice(at + line.length),
    textOf: (json) => toYaml([parseJson(json)]),
  };
}

function itemText(json: Uint8Array, { skip }: Frame): string {
  const { buffer, byteOffset, length } = json;
  const text = Buffer.from(buffer, byteOffset, length).toString("utf8", skip);
  return skip > 0 ? `{${text}` : text;
}
