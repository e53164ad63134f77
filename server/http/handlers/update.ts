import type { KubeObject } from "../../meta/object.ts";
import { auditObject } from "../audit-object.ts";
import { readBody } from "../body.ts";
import { bodyFormat, decodeBody } from "../decode.ts";
import { encodeStored } from "../encode.ts";
import { sendObject } from "../respond.ts";
import { writeOptions } from "../write-options.ts";
import { sendForm } from "./form.ts";
import {
  authorizeCreate,
  bodyToStorage,
  checkName,
  expectedOf,
  HandlerScope,
  negotiateItem,
  outputOf,
  type ResourceRequest,
} from "./request.ts";

/** PUT of an object or a subresource. (handlers/update.go) */
export async function update(request: ResourceRequest): Promise<void> {
  const { ctx, kind, store, namespace, name, subresource } = request;
  const media = negotiateItem(request);
  const body = await readBody(ctx);
  const options = writeOptions(ctx.state.query, "UpdateOptions", false);
  const format = bodyFormat(ctx.req.headers["content-type"]);
  const scope = new HandlerScope(ctx, options);
  const expected = expectedOf(request);
  const read = () => {
    // Decoded anew when a race is lost: the registry takes what it gets as its own.
    const object = decodeBody(body, format, expected, options.fieldValidation, scope.warn) as KubeObject;
    if (ctx.state.audit) {
      const { schema, custom } = expected;
      object.metadata ??= {};
      auditObject(ctx, object, { schema, custom, defaults: subresource ? undefined : kind.definition.defaults });
    }
    checkName(request, object);
    return object;
  };
  let first: KubeObject | undefined = read();
  const next = () => {
    const object = first ?? read();
    first = undefined;
    return object;
  };
  // A subresource of another kind (Scale) is written in its own form, which the registry puts into the object.
  const other = subresource?.definition.write ? subresource.definition : undefined;
  const { uid } = first.metadata;
  const { stored, created } = await store.update(
    namespace,
    name,
    subresource?.name ?? "",
    async (current) => {
      if (!current) await authorizeCreate(request);
      return other ? next() : bodyToStorage(kind, next());
    },
    { forceAllowCreate: false, managedFields: "update", readsOnly: true, ...(uid && { uid }) },
    scope,
  );
  const code = created ? 201 : 200;
  const form = subresource?.definition.read?.(stored.object);
  if (form) return sendForm(request, media, form, code);
  return sendObject(ctx, code, media.contentType, encodeStored(stored, outputOf(request, media)));
}
