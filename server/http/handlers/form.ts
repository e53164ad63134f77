import type { KubeObject } from "../../meta/object.ts";
import { fallbackColumns } from "../../registry/columns.ts";
import { encodeObject, encodeStored } from "../encode.ts";
import type { MediaType } from "../negotiate.ts";
import { sendObject } from "../respond.ts";
import { outputOf, type ResourceRequest, schemaOfObject } from "./request.ts";

/** Answers with what a subresource makes of the stored object (Scale), as object, metadata or Table. */
export function sendForm(
  request: ResourceRequest,
  media: MediaType,
  form: KubeObject,
  code = 200,
): void | Promise<void> {
  const { ctx, kind, subresource } = request;
  const other = subresource?.definition.kind;
  const definition = other
    ? { ...kind.definition, tableMetadata: undefined, rowConditions: undefined }
    : kind.definition;
  const own = { ...(other ?? kind), schema: schemaOfObject(form), custom: false };
  const output = outputOf(request, media);
  const columns = subresource?.definition.columns ?? (other ? fallbackColumns : kind.columns);
  const json = Buffer.from(encodeObject(form, own));
  const stored = { key: "", revision: 0, createRevision: 0, json, object: form };
  const asKind = { ...kind, ...own, convert: undefined, definition, columns };
  return sendObject(ctx, code, media.contentType, encodeStored(stored, { ...output, kind: asKind }));
}
