import { encodeAny } from "../../../openapi/encode.ts";
import { parseJson } from "../../../openapi/exact-json.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Change } from "../../storage/storage.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The last state of an object that the storage deletes by itself: the same with the revision of its deletion. */
export function expiredObject({ value }: Change, revision: number): Uint8Array {
  const object = parseJson(decoder.decode(value)) as KubeObject; // we wrote it
  object.metadata.resourceVersion = String(revision);
  return encoder.encode(encodeAny(object));
}
