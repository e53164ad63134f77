import { writeList } from "../encode-list.ts";
import { listOptions } from "../list-options.ts";
import { CUSTOM, LIST, negotiate } from "../negotiate.ts";
import { outputOf, type ResourceRequest, readScope } from "./request.ts";

/** GET of a collection. (handlers/get.go ListResource) */
export async function list(request: ResourceRequest): Promise<void> {
  const { ctx, kind, store } = request;
  const media = negotiate(ctx, kind.custom ? CUSTOM : LIST);
  const options = listOptions(ctx.state.query, { ...request, watch: false });
  const output = outputOf(request, media);
  const result = await store.list(options.request, readScope(ctx));
  return writeList(ctx, result, output);
}
