import { expect, test } from "vitest";
import type { TokenReviewStatus } from "../../../openapi/api/authentication.k8s.io.v1.ts";
import type { RequestContext } from "../kind.ts";
import { tokenReview } from "./token-review.ts";

// Reviews use no more of a request than this.
const context = {
  services: {
    apiAudiences: ["api"],
    authenticator: {
      authenticate: async ({ headers }: { headers: { authorization: string } }) => {
        if (headers.authorization === "Bearer bad") throw new Error("invalid bearer token");
        return headers.authorization === "Bearer good"
          ? { user: { name: "ann", groups: ["g"], extra: {} }, audiences: ["api"] }
          : undefined;
      },
    },
  },
} as unknown as RequestContext;

const SENT = { authenticated: true, user: { username: "x", uid: "y" }, audiences: ["q"], error: "e" };
test.each<[string, TokenReviewStatus | undefined, object]>([
  ["good", undefined, { authenticated: true, user: { username: "ann", groups: ["g"] }, audiences: ["api"] }],
  ["good", SENT, { authenticated: true, user: { username: "ann", groups: ["g"] }, audiences: ["api"], error: "e" }],
  ["bad", SENT, { user: { username: "x", uid: "y" }, audiences: ["q"], error: "invalid bearer token" }],
  ["unknown", SENT, { user: { username: "x", uid: "y" }, audiences: ["q"], error: "e" }],
  ["bad", { user: {} }, { user: {}, error: "invalid bearer token" }],
])("of a token that is %s, sent with the status %j, the review says %j", async (token, sent, status) => {
  const object = { metadata: {}, spec: { token }, ...(sent && { status: sent }) };
  const answer = await tokenReview.createOnly?.(object as never, context);
  expect((answer as { status: object }).status).toEqual(status);
});
