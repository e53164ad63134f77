import type { OpenApiDocuments } from "../../discovery/openapi.ts";
import { answerOpenApi } from "../../discovery/openapi-answer.ts";
import type { FixedRoute } from "../app-options.ts";
import { send } from "../respond.ts";

/** /openapi/v2 and /openapi/v3 with the documents below it. */
export function openApiRoutes(documents: OpenApiDocuments, now: () => Date): FixedRoute[] {
  const handle: FixedRoute["handle"] = async (ctx) => {
    const { headers } = ctx.req;
    const answer = await answerOpenApi(documents, {
      path: ctx.path,
      hash: ctx.URL.searchParams.get("hash") ?? undefined,
      accept: headers.accept,
      acceptEncoding: headers["accept-encoding"]?.toString(),
      ifNoneMatch: headers["if-none-match"],
      ifModifiedSince: headers["if-modified-since"],
      now: now(),
    });
    send(ctx, answer.status, answer.contentType, answer.body ?? "", { ...answer.headers });
  };
  return ["/openapi/v2", "/openapi/v3", "/openapi/v3/", "/openapi/v3/*path"].map((path) => ({
    path,
    handle,
  }));
}
