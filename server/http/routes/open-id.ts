import type { AppOptions, FixedRoute } from "../app-options.ts";
import { demandAccepted } from "../negotiate.ts";
import { send } from "../respond.ts";

const JWKS = "application/jwk-set+json";
const CACHED = { "Cache-Control": "public, max-age=3600" };

/** Documents for those who check service account tokens themselves. (pkg/routes/openidmetadata.go) */
export function openIdRoutes(openId: NonNullable<AppOptions["openId"]>): FixedRoute[] {
  const jwks: FixedRoute = {
    path: "/openid/v1/jwks",
    methods: ["GET"],
    async handle(ctx) {
      demandAccepted(ctx, JWKS);
      send(ctx, 200, JWKS, await openId.jwks(), CACHED);
    },
  };
  return [
    {
      path: "/.well-known/openid-configuration",
      methods: ["GET"],
      async handle(ctx) {
        demandAccepted(ctx, "application/json");
        send(ctx, 200, "application/json", await openId.configuration(), CACHED);
      },
    },
    jwks,
    { ...jwks, path: `${jwks.path}/` },
  ];
}
