import { encodeAny } from "../../openapi/encode.ts";
import { encodeProtobuf } from "../../openapi/protobuf/codec.ts";
import { schemaOf } from "../../openapi/types.ts";
import type { ListResult, Stored } from "../registry/store.ts";
import { apiVersionOf } from "./decode.ts";
import {
  finishText,
  goType,
  jsonOf,
  type Output,
  objectOf,
  partialJson,
  schemaOfKind,
  shownMetadata,
  table,
  wrongShape,
} from "./encode.ts";
import { type Ctx, sendChunks, sendObject } from "./respond.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const CHUNK_BYTES = 256 * 1024;
const COMMA = 0x2c;
const BRACE = 0x7b;

/** Answers with a list in the format asked for. @throws StatusError 406 */
export function writeList(ctx: Ctx, result: ListResult, output: Output): void | Promise<void> {
  const { media, kind } = output;
  const metadata = listMeta(result);
  if (media.convert) return sendObject(ctx, 200, media.contentType, transformList(result, metadata, output));
  if (media.format === "protobuf") {
    const items = result.items.map((stored) => objectOf(stored, kind));
    const list = { kind: kind.listKind, apiVersion: apiVersionOf(kind), metadata, items };
    const schema = schemaOfKind(kind.group, kind.version, kind.listKind);
    return sendObject(ctx, 200, media.contentType, encodeProtobuf(list, schema));
  }
  const frame = kind.custom ? customFrame(output, metadata) : builtInFrame(output, metadata);
  if (media.format === "json" && !media.pretty) return writeJson(ctx, result.items, output, frame);
  const chunks = [...jsonChunks(result.items, output, frame)];
  return sendObject(ctx, 200, media.contentType, finishText(Buffer.concat(chunks).toString("utf8").trimEnd(), media));
}

/** metav1.ListMeta in Go's order, empty fields left out. */
export function listMeta({ resourceVersion, continue: token, remainingItemCount }: ListResult) {
  return {
    ...(resourceVersion && { resourceVersion }),
    ...(token && { continue: token }),
    ...(remainingItemCount && { remainingItemCount }),
  };
}

interface Frame {
  readonly head: Buffer;
  readonly tail: Buffer;
  /** Bytes at the start of each item that the list leaves out: kind and apiVersion, which are the same for all. */
  readonly skip: number;
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

function writeJson(ctx: Ctx, items: readonly Stored[], output: Output, frame: Frame): Promise<void> {
  let length = frame.head.length + frame.tail.length;
  for (const stored of items) length += itemLength(jsonOf(stored, output.kind), frame.skip) + 1;
  if (items.length > 0) length -= 1;
  return sendChunks(ctx, 200, output.media.contentType, length, jsonChunks(items, output, frame));
}

function itemLength(json: Uint8Array, skip: number): number {
  return skip > 0 ? json.length - skip + 1 : json.length;
}

/**
 * The bytes of a JSON list, a buffer at a time: copying into large buffers costs less than many small writes, and no
 * buffer is made before the one before it is on its way.
 */
function* jsonChunks(items: readonly Stored[], { kind }: Output, { head, tail, skip }: Frame): Iterable<Uint8Array> {
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let used = head.copy(chunk);
  for (let i = 0; i < items.length; i++) {
    const json = jsonOf(items[i]!, kind);
    const need = itemLength(json, skip) + 1;
    if (used + need > chunk.length) {
      yield chunk.subarray(0, used);
      chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, need));
      used = 0;
    }
    if (i > 0) chunk[used++] = COMMA;
    if (skip > 0) {
      chunk[used++] = BRACE;
      chunk.set(json.subarray(skip), used);
      used += json.length - skip;
    } else {
      chunk.set(json, used);
      used += json.length;
    }
  }
  if (used + tail.length > chunk.length) {
    yield chunk.subarray(0, used);
    yield tail;
    return;
  }
  tail.copy(chunk, used);
  yield chunk.subarray(0, used + tail.length);
}

function transformList(result: ListResult, metadata: Record<string, unknown>, output: Output): string | Uint8Array {
  const { media, kind } = output;
  const apiVersion = `${media.convert!.group}/${media.convert!.version}`;
  switch (media.convert!.kind) {
    case "Table":
      return finishText(table(result.items, metadata, output, true), media);
    case "PartialObjectMetadataList": {
      if (media.format === "protobuf") {
        const items = result.items.map((stored) => ({
          kind: "PartialObjectMetadata",
          apiVersion,
          metadata: shownMetadata(objectOf(stored, kind), kind),
        }));
        const list = { kind: "PartialObjectMetadataList", apiVersion, metadata, items };
        return encodeProtobuf(list, schemaOf(`${META}PartialObjectMetadataList`));
      }
      const items = result.items.map((stored) =>
        partialJson({ metadata: shownMetadata(objectOf(stored, kind), kind) }, apiVersion),
      );
      const head = `{"kind":"PartialObjectMetadataList","apiVersion":"${apiVersion}","metadata":${encodeAny(metadata)}`;
      return finishText(`${head},"items":[${items.join(",")}]}`, media);
    }
    default:
      throw wrongShape("PartialObjectMetadata", `a list (*${goType(kind, kind.listKind)})`);
  }
}
