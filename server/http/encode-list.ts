import { encodeAny } from "../../openapi/encode.ts";
import { encodeMessage } from "../../openapi/protobuf/codec.ts";
import type { Steps } from "../../openapi/steps.ts";
import { schemaOf } from "../../openapi/types.ts";
import { inTurns } from "../meta/in-turns.ts";
import type { Kind } from "../registry/kind.ts";
import type { ListResult, Stored } from "../registry/store.ts";
import {
  goType,
  jsonOf,
  type Output,
  objectOf,
  schemaOfKind,
  storedPartial,
  tableHead,
  tableRow,
  wrongShape,
} from "./encode.ts";
import { type Frame, ListBytes } from "./list-bytes.ts";
import { type JsonList, listText } from "./list-text.ts";
import type { MediaType } from "./negotiate.ts";
import { apiVersionOf } from "./object-kind.ts";
import { shownMetadata } from "./partial-metadata.ts";
import { protobufList } from "./protobuf-list.ts";
import { messageOf } from "./protobuf-messages.ts";
import type { Ctx } from "./respond.ts";
import { type Chunks, sendChunks } from "./send-chunks.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/** Answers with a list in the format asked for. @throws StatusError 406 */
export async function writeList(ctx: Ctx, result: ListResult, output: Output): Promise<void> {
  const { media } = output;
  return sendChunks(ctx, 200, media.contentType, await listBytes(result, output));
}

/** The list in its format. What is not stored as it is asked for is made in turns: lists may be long. */
function listBytes(result: ListResult, output: Output): Chunks | Promise<Chunks> {
  const { media, kind } = output;
  const { items } = result;
  const metadata = listMeta(result);
  if (media.convert) return transformList(result, metadata, output);
  if (media.format === "protobuf") {
    const head = { kind: kind.listKind, apiVersion: apiVersionOf(kind), metadata };
    const schema = schemaOfKind(kind.group, kind.version, kind.listKind);
    const messageOfItem = kind.convert
      ? (stored: Stored) => encodeMessage(objectOf(stored, kind), kind.schema)
      : (stored: Stored) => messageOf(stored, kind);
    return inTurns(protobufList(head, schema, items, messageOfItem));
  }
  const frame = kind.custom ? customFrame(output, metadata) : builtInFrame(output, metadata);
  const isPlain = media.format === "json" && !media.pretty;
  if (isPlain && !kind.convert && !kind.custom) return new ListBytes(jsonOfAll(items, kind), frame);
  return jsonList({ items, jsonOf: (stored) => jsonOf(stored, kind), frame }, media);
}

/** JSON, or the text that is made of it. */
function jsonList(list: JsonList<Stored>, media: MediaType): Promise<Chunks> {
  return inTurns(media.format === "yaml" || media.pretty ? listText(list, media) : jsonSteps(list));
}

function* jsonSteps({ items, jsonOf, frame }: JsonList<Stored>): Steps<Chunks> {
  const all: Uint8Array[] = [];
  for (const stored of items) {
    all.push(jsonOf(stored));
    yield;
  }
  return new ListBytes(all, frame);
}

/** metav1.ListMeta in Go's order, empty fields left out. */
export function listMeta({ resourceVersion, continue: token, remainingItemCount }: ListResult) {
  return {
    ...(resourceVersion && { resourceVersion }),
    ...(token && { continue: token }),
    ...(remainingItemCount && { remainingItemCount }),
  };
}

function jsonOfAll(items: readonly Stored[], kind: Kind): Uint8Array[] {
  const all = new Array<Uint8Array>(items.length);
  for (let i = 0; i < items.length; i++) all[i] = jsonOf(items[i]!, kind);
  return all;
}

/** Items of built-in lists have no kind and apiVersion of their own. */
function builtInFrame({ kind }: Output, metadata: object): Frame {
  const apiVersion = apiVersionOf(kind);
  const head = `{"kind":"${kind.listKind}","apiVersion":"${apiVersion}","metadata":${encodeAny(metadata)},"items":[`;
  const skip = Buffer.byteLength(`{"kind":"${kind.kind}","apiVersion":"${apiVersion}",`);
  return { head: Buffer.from(head), tail: Buffer.from("]}\n"), skip };
}

/** Unstructured lists: keys sorted, items whole. */
function customFrame({ kind }: Output, metadata: Record<string, unknown>): Frame {
  const { continue: token, remainingItemCount, resourceVersion } = metadata;
  const sorted = { continue: token ?? "", remainingItemCount, resourceVersion: resourceVersion ?? "" };
  return {
    head: Buffer.from(`{"apiVersion":"${apiVersionOf(kind)}","items":[`),
    tail: Buffer.from(`],"kind":"${kind.listKind}","metadata":${encodeAny(sorted)}}\n`),
    skip: 0,
  };
}

function transformList(result: ListResult, metadata: Record<string, unknown>, output: Output): Promise<Chunks> {
  const { media, kind } = output;
  const { items } = result;
  const apiVersion = `${media.convert!.group}/${media.convert!.version}`;
  switch (media.convert!.kind) {
    case "Table": {
      const frame = { head: Buffer.from(tableHead(metadata, output, true)), tail: Buffer.from("]}\n"), skip: 0 };
      return jsonList({ items, jsonOf: (stored) => Buffer.from(tableRow(stored, output)), frame }, media);
    }
    case "PartialObjectMetadataList": {
      const shown = (stored: Stored) => shownMetadata(objectOf(stored, kind), kind);
      if (media.format === "protobuf") {
        const head = { kind: "PartialObjectMetadataList", apiVersion, metadata };
        const schema = schemaOf(`${META}PartialObjectMetadataList`);
        const partialSchema = schemaOf(`${META}PartialObjectMetadata`);
        return inTurns(
          protobufList(head, schema, items, (stored) => encodeMessage({ metadata: shown(stored) }, partialSchema)),
        );
      }
      const head = `{"kind":"PartialObjectMetadataList","apiVersion":"${apiVersion}","metadata":${encodeAny(metadata)}`;
      // Upstream makes this list item by item, and Go prints one that never began as null.
      const [open, close] = items.length > 0 ? ["[", "]"] : ["null", ""];
      const frame = { head: Buffer.from(`${head},"items":${open}`), tail: Buffer.from(`${close}}\n`), skip: 0 };
      const jsonOf = (stored: Stored) => storedPartial(stored, output);
      return jsonList({ items, jsonOf, frame }, media);
    }
    default:
      throw wrongShape("PartialObjectMetadata", `a list (*${goType(kind, kind.listKind)})`);
  }
}
