import { genericServerResponse } from "../../meta/errors.ts";
import type { AppOptions, FixedRoute } from "../app-options.ts";
import { parseAccept } from "../negotiate.ts";
import { type Ctx, send } from "../respond.ts";

const JWKS = "application/jwk-set+json";
const CACHED = { "Cache-Control": "public, max-age=3600" };

/** Documents for those who check service account tokens themselves. (pkg/routes/openidmetadata.go) */
export function openIdRoutes(openId: NonNullable<AppOptions["openId"]>): FixedRoute[] {
  const jwks: FixedRoute = {
    path: "/openid/v1/jwks",
    methods: ["GET"],
    async handle(ctx) {
      demand(ctx, JWKS);
      send(ctx, 200, JWKS, await openId.jwks(), CACHED);
    },
  };
  return [
    {
      path: "/.well-known/openid-configuration",
      methods: ["GET"],
      async handle(ctx) {
        demand(ctx, "application/json");
        send(ctx, 200, "application/json", await openId.configuration(), CACHED);
      },
    },
    jwks,
    { ...jwks, path: `${jwks.path}/` },
  ];
}

/** @throws StatusError 406 */
function demand(ctx: Ctx, type: string): void {
  const { accept } = ctx.req.headers;
  if (!accept) return;
  const clauses = parseAccept(accept);
  if (clauses.some((clause) => clause.type === "*" || `${clause.type}/${clause.subtype}` === type)) return;
  const serverMessage = `406: Not Acceptable\n\nAvailable representations: ${type}`;
  throw genericServerResponse(406, { verb: "", resource: { group: "", resource: "" }, name: "", serverMessage });
}
