import { encodeAny, encodeJson, encodeSorted } from "../../openapi/encode.ts";
import { parseJson } from "../../openapi/exact-json.ts";
import { encodeProtobuf, wrap } from "../../openapi/protobuf/codec.ts";
import type { Schema } from "../../openapi/schema.ts";
import { schemaForKind } from "../../openapi/types.ts";
import { toYaml } from "../../openapi/yaml.ts";
import { deepCopy } from "../meta/equality.ts";
import { StatusError } from "../meta/errors.ts";
import type { KubeObject } from "../meta/object.ts";
import type { Kind } from "../registry/kind.ts";
import type { Stored } from "../registry/store.ts";
import { indentJson } from "./indent-json.ts";
import type { MediaType } from "./negotiate.ts";
import { apiVersionOf, internalPackage } from "./object-kind.ts";
import { metaVersion, partial, storedPartialJson } from "./partial-metadata.ts";
import { messageOf } from "./protobuf-messages.ts";
import { cells, columnDefinitions, type IncludeObject } from "./table.ts";

const NEWLINE = Buffer.from("\n");

/** What an answer is made with, besides the object. */
export interface Output {
  readonly kind: Kind;
  readonly media: MediaType;
  /** Of Tables. */
  readonly include: IncludeObject;
  /** For the ages in Tables. */
  readonly now: Date;
}

/** Converted forms of stored objects, by served version: made once and shared, as the stored ones are. */
const conversions = new WeakMap<Stored, Map<Kind, { object: KubeObject; json?: Buffer }>>();

/** An object in the version that is served. Shared: never written to. */
export function objectOf(stored: Stored, kind: Kind): Readonly<KubeObject> {
  return kind.convert ? converted(stored, kind).object : stored.object;
}

/** Its JSON, without a newline. Shared. */
export function jsonOf(stored: Stored, kind: Kind): Uint8Array {
  if (!kind.convert) return stored.json;
  const form = converted(stored, kind);
  form.json ??= Buffer.from(encodeObject(form.object, kind));
  return form.json;
}

function converted(stored: Stored, kind: Kind) {
  let forms = conversions.get(stored);
  if (!forms) {
    forms = new Map();
    conversions.set(stored, forms);
  }
  let form = forms.get(kind);
  if (!form) {
    // Conversion may work in place, and what is stored is shared.
    const object = kind.convert!.fromStorage(deepCopy(stored.object));
    form = { object: { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) } };
    forms.set(kind, form);
  }
  return form;
}

/** JSON text of an object of this kind. */
export function encodeObject(object: KubeObject, kind: { schema: Schema; custom: boolean }): string {
  return kind.custom ? encodeSorted(object) : encodeJson(object, kind.schema);
}

/** A whole answer with one stored object. @throws StatusError 406 */
export function encodeStored(stored: Stored, output: Output): string | Uint8Array {
  const { media, kind } = output;
  if (media.convert) return finish(transform(stored, output), media);
  switch (media.format) {
    case "protobuf":
      return protobufOf(stored, kind);
    case "json":
      if (!media.pretty) return Buffer.concat([jsonOf(stored, kind), NEWLINE]);
      return indentJson(text(jsonOf(stored, kind)));
    default:
      return toYaml(parseJson(text(jsonOf(stored, kind))));
  }
}

/** A stored object in its protobuf envelope. */
export function protobufOf(stored: Stored, kind: Kind): Uint8Array {
  if (kind.convert) return encodeProtobuf(objectOf(stored, kind), kind.schema);
  return wrap({ apiVersion: apiVersionOf(kind), kind: kind.kind }, messageOf(stored, kind));
}

/** An object that is not stored, such as a Scale. */
export function encodePlain(
  object: KubeObject,
  schema: Schema,
  media: MediaType,
  custom: boolean,
): string | Uint8Array {
  if (media.format === "protobuf") return encodeProtobuf(object, schema);
  return finishText(encodeObject(object, { schema, custom }), media);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** JSON text, or protobuf bytes, of what a transform made. */
function finish(made: string | Uint8Array, media: MediaType): string | Uint8Array {
  return typeof made === "string" ? finishText(made, media) : made;
}

export function finishText(json: string, { format, pretty }: MediaType): string {
  if (format === "yaml") return toYaml(parseJson(json));
  return pretty ? indentJson(json) : `${json}\n`;
}

/** The object as PartialObjectMetadata or as a Table of one row. @throws StatusError 406 */
export function transform(stored: Stored, output: Output): string | Uint8Array {
  const { media, kind } = output;
  switch (media.convert?.kind) {
    case "PartialObjectMetadata":
      return media.format === "protobuf" ? storedPartial(stored, output) : text(storedPartial(stored, output));
    case "Table": {
      const resourceVersion = stored.object.metadata.resourceVersion;
      return table([stored], { ...(resourceVersion && { resourceVersion }) }, output, true);
    }
    default:
      // A custom object could be a list, and is asked for its items.
      if (kind.custom) throw new StatusError(500, "", "content is not a list");
      throw wrongShape("PartialObjectMetadataList", `not a list (*${goType(kind, kind.kind)})`);
  }
}

export function wrongShape(asked: string, got: string): StatusError {
  return new StatusError(406, "NotAcceptable", `you requested ${asked}, but the requested object is ${got}`);
}

/** As Go prints the internal type. */
export function goType(kind: Kind, name: string): string {
  return kind.custom
    ? `unstructured.Unstructured${name.endsWith("List") ? "List" : ""}`
    : `${internalPackage(kind.group)}.${name}`;
}

/** A stored object as PartialObjectMetadata. */
export function storedPartial(stored: Stored, { kind, media }: Output): Uint8Array {
  // In protobuf it is bytes.
  if (media.format === "protobuf") return partial(objectOf(stored, kind), kind, media) as Uint8Array;
  return storedPartialJson(stored, () => objectOf(stored, kind), kind, metaVersion(media));
}

/** A Table of some objects; `headers` is false after the first event of a watch. */
export function table(
  items: readonly Stored[],
  metadata: Record<string, unknown>,
  output: Output,
  headers: boolean,
): string {
  const rows = items.map((stored) => tableRow(stored, output));
  return `${tableHead(metadata, output, headers)}${rows.join(",")}]}`;
}

/** What stands before the rows of a Table. */
export function tableHead(metadata: Record<string, unknown>, { kind, media }: Output, headers: boolean): string {
  const columns = headers ? encodeAny(columnDefinitions(kind)) : "null";
  const head = `{"kind":"Table","apiVersion":"${metaVersion(media)}","metadata":${encodeAny(metadata)}`;
  return `${head},"columnDefinitions":${columns},"rows":[`;
}

export function tableRow(stored: Stored, output: Output): string {
  const { kind } = output;
  const object = objectOf(stored, kind);
  return row(
    object,
    { json: () => text(jsonOf(stored, kind)), partial: () => text(storedPartial(stored, output)) },
    output,
  );
}

/** What may stand in a row, besides its cells. */
interface Shown {
  json(): string;
  partial(): string | Uint8Array;
}

export function row(object: Readonly<KubeObject>, { json, partial }: Shown, output: Output): string {
  const { kind, include, now } = output;
  const shown = include === "None" ? "null" : include === "Object" ? json() : partial();
  const conditions = kind.definition.rowConditions?.(object) ?? [];
  const done = conditions.length > 0 ? `"conditions":${encodeAny(conditions)},` : "";
  return `{"cells":${encodeAny(cells(kind, object, now))},${done}"object":${shown}}`;
}

/** Schema of a kind that is not the resource's own, such as Scale or Status. */
export function schemaOfKind(group: string, version: string, kind: string): Schema {
  const schema = schemaForKind(group, version, kind);
  if (!schema) throw new Error(`no schema for ${group}/${version} ${kind}`);
  return schema;
}
