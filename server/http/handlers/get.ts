import { badRequest } from "../../meta/errors.ts";
import { encodeStored } from "../encode.ts";
import { queryBool } from "../request-info.ts";
import { sendObject } from "../respond.ts";
import { sendForm } from "./form.ts";
import { negotiateItem, outputOf, type ResourceRequest, readScope } from "./request.ts";

/** GET of one object, or of a subresource that reads from it. (handlers/get.go) */
export async function get(request: ResourceRequest): Promise<void> {
  const { ctx, store, namespace, name, subresource } = request;
  const read = subresource?.definition.read;
  const media = negotiateItem(request);
  const { query } = ctx.state;
  let resourceVersion = "";
  if (query.size > 0) {
    const exported = query.get("export");
    if (exported !== null && queryBool(exported)) {
      throw badRequest("the export parameter, deprecated since v1.14, is no longer supported");
    }
    resourceVersion = query.get("resourceVersion") ?? "";
  }
  const stored = await store.get(namespace, name, resourceVersion, readScope(ctx));
  if (!read) return sendObject(ctx, 200, media.contentType, encodeStored(stored, outputOf(request, media)));
  return sendForm(request, media, read(stored.object));
}
