import { encodeAny } from "../../openapi/encode.ts";
import { encodeProtobuf } from "../../openapi/protobuf/codec.ts";
import { schemaOf } from "../../openapi/types.ts";
import type { Kind } from "../registry/kind.ts";
import type { ListResult, Stored } from "../registry/store.ts";
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
import { type Frame, ListBytes } from "./list-bytes.ts";
import { apiVersionOf } from "./object-kind.ts";
import { type Ctx, sendObject } from "./respond.ts";
import { sendChunks, wholeOf } from "./send-chunks.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

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
  const bytes = new ListBytes(jsonOfAll(result.items, kind), frame);
  if (media.format === "json" && !media.pretty) return sendChunks(ctx, 200, media.contentType, bytes);
  const text = wholeOf(bytes).toString("utf8").trimEnd();
  return sendObject(ctx, 200, media.contentType, finishText(text, media));
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
