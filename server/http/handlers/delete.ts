import type { Status } from "../../meta/errors.ts";
import type { Stored } from "../../registry/store.ts";
import { readBody } from "../body.ts";
import { deleteOptions } from "../delete-options.ts";
import { encodeStored } from "../encode.ts";
import { writeList } from "../encode-list.ts";
import { writeStatus } from "../errors.ts";
import { listOptions } from "../list-options.ts";
import { CUSTOM, ITEM, negotiate } from "../negotiate.ts";
import { sendObject } from "../respond.ts";
import { HandlerScope, outputOf, type ResourceRequest } from "./request.ts";

/** DELETE of one object. (handlers/delete.go) */
export async function del(request: ResourceRequest): Promise<void> {
  const { ctx, kind, store, namespace, name } = request;
  const media = negotiate(ctx, kind.custom ? CUSTOM : ITEM);
  const { options, scope } = await optionsOf(request);
  const { stored, deleted } = await store.delete(namespace, name, options, scope);
  const output = outputOf(request, media); // what it is shown as is looked at once it is done
  if (deleted && !kind.definition.returnsDeletedObject)
    return writeStatus(ctx, gone(request, stored), undefined, media);
  // Clients that asked for cascading in the old way are told that it goes on.
  const code = !deleted && options.orphanDependents === false ? 202 : 200;
  return sendObject(ctx, code, media.contentType, encodeStored(stored, output));
}

/** DELETE of a collection. (handlers/delete.go) */
export async function deleteCollection(request: ResourceRequest): Promise<void> {
  const { ctx, kind, store } = request;
  const media = negotiate(ctx, kind.custom ? CUSTOM : ITEM);
  const list = listOptions(ctx.state.query, { ...request, watch: false });
  const { options, scope } = await optionsOf(request);
  const result = await store.deleteCollection(list.request, options, scope);
  return writeList(ctx, result, outputOf(request, media));
}

async function optionsOf({ ctx }: ResourceRequest) {
  const body = await readBody(ctx);
  const options = deleteOptions(body, ctx.req.headers["content-type"], ctx.state.query);
  const object = { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1", ...options };
  const scope = new HandlerScope(ctx, { dryRun: (options.dryRun ?? []).length > 0, fieldManager: "", object });
  return { options, scope };
}

function gone({ kind, name }: ResourceRequest, stored: Stored): Status {
  const uid = stored.object.metadata.uid ?? "";
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, ...(kind.group && { group: kind.group }), kind: kind.plural, uid },
  };
}
