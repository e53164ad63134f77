import type { Status } from "../../meta/errors.ts";
import type { KubeObject } from "../../meta/object.ts";
import { auditObject } from "../audit-object.ts";
import { readBody } from "../body.ts";
import { bodyFormat, decodeBody } from "../decode.ts";
import { encodePlain, encodeStored } from "../encode.ts";
import { ACTION, CUSTOM, ITEM, negotiate } from "../negotiate.ts";
import { sendObject } from "../respond.ts";
import { writeOptions } from "../write-options.ts";
import { bodyToStorage, expectedOf, HandlerScope, outputOf, type ResourceRequest, schemaOfObject } from "./request.ts";

/** What the audit log is shown of a body. */
function formOf({ kind, subresource }: ResourceRequest, object: KubeObject) {
  if (!subresource) return { schema: kind.schema, custom: kind.custom, defaults: kind.definition.defaults };
  return { schema: schemaOfObject(object), custom: false, defaults: subresource.definition.defaults };
}

/** POST of an object, or to a subresource that acts. (handlers/create.go) */
export async function create(request: ResourceRequest): Promise<void> {
  const { ctx, kind, store, namespace, name, subresource, through } = request;
  const media = negotiate(ctx, kind.custom ? CUSTOM : kind.verbs.includes("get") ? ITEM : ACTION);
  const format = bodyFormat(ctx.req.headers["content-type"]);
  const body = await readBody(ctx);
  const options = writeOptions(ctx.state.query, "CreateOptions", false);
  const scope = new HandlerScope(ctx, options);
  const object = decodeBody(body, format, expectedOf(request), options.fieldValidation, scope.warn) as KubeObject;
  object.metadata ??= {};
  if (ctx.state.audit) auditObject(ctx, object, formOf(request, object));
  if (subresource || through) {
    const result = await (through
      ? through.store.createSubresource(namespace, object.metadata.name ?? "", through.subresource, object, scope, true)
      : store.createSubresource(namespace, name, subresource?.name ?? "", object, scope));
    if (ctx.state.audit && result.kind === "Status") ctx.state.audit.status = result as KubeObject & Status;
    const code = result.kind === "Status" && "code" in result ? Number(result.code) : 201;
    return sendObject(ctx, code, media.contentType, encodePlain(result, schemaOfObject(result), media, false));
  }
  const stored = await store.create(namespace, bodyToStorage(kind, object), scope);
  // As upstream: what cannot be shown as it is wanted is there all the same.
  return sendObject(ctx, 201, media.contentType, encodeStored(stored, outputOf(request, media)));
}
