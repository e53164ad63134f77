import { encodeJson } from "../../openapi/encode.ts";
import { memberName, memberOf } from "../../openapi/json-member.ts";
import { encodeProtobuf } from "../../openapi/protobuf/codec.ts";
import { schemaOf } from "../../openapi/types.ts";
import type { KubeObject } from "../meta/object.ts";
import type { Kind } from "../registry/kind.ts";
import type { Stored } from "../registry/store.ts";
import type { MediaType } from "./negotiate.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const METADATA = [memberName("metadata")];

/** `meta.k8s.io/v1`, as what was asked for names it. */
export function metaVersion({ convert }: MediaType): string {
  return `${convert!.group}/${convert!.version}`;
}

/** An object as PartialObjectMetadata, in JSON or protobuf. */
export function partial(object: Readonly<KubeObject>, kind: Kind, media: MediaType): string | Uint8Array {
  const apiVersion = metaVersion(media);
  const metadata = shownMetadata(object, kind);
  if (media.format === "protobuf") {
    return encodeProtobuf(
      { kind: "PartialObjectMetadata", apiVersion, metadata },
      schemaOf(`${META}PartialObjectMetadata`),
    );
  }
  return partialJson(encodeJson(metadata, schemaOf(`${META}ObjectMeta`)), apiVersion);
}

/** JSON of the same of a stored one. @param object its parsed form, asked for when its bytes are not enough */
export function storedPartialJson(
  { json }: Pick<Stored, "json">,
  object: () => Readonly<KubeObject>,
  kind: Kind,
  apiVersion: string,
): Buffer {
  // Of these the metadata is stored in the words in which it is shown.
  const isAsStored = !kind.custom && !kind.convert && !kind.definition.tableMetadata;
  const metadata = isAsStored ? memberOf(json, METADATA) : undefined;
  if (metadata) return Buffer.concat([headOf(apiVersion), metadata, TAIL]);
  const text = encodeJson(shownMetadata(object(), kind), schemaOf(`${META}ObjectMeta`));
  return Buffer.from(partialJson(text, apiVersion));
}

/** Metadata without what only a conversion adds. */
export function shownMetadata({ metadata }: Readonly<KubeObject>, { definition }: Kind): KubeObject["metadata"] {
  return definition.tableMetadata?.(metadata) ?? metadata;
}

function partialJson(metadata: string, apiVersion: string): string {
  return `${headText(apiVersion)}${metadata}}`;
}

const headText = (apiVersion: string) => `{"kind":"PartialObjectMetadata","apiVersion":"${apiVersion}","metadata":`;
const TAIL = Buffer.from("}");
const heads = new Map<string, Buffer>();

/** There are two versions of them. */
function headOf(apiVersion: string): Buffer {
  let head = heads.get(apiVersion);
  if (!head) {
    head = Buffer.from(headText(apiVersion));
    heads.set(apiVersion, head);
  }
  return head;
}
