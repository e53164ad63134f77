import type { TokenReview, TokenReviewStatus } from "../../../openapi/api/authentication.k8s.io.v1.ts";
import { badRequest, internalError } from "../../meta/errors.ts";
import { defineKind, type RequestContext } from "../kind.ts";
import { wireUserInfo } from "./user-info.ts";

/** TokenReview, authentication.k8s.io/v1: whose token is this? (pkg/registry/authentication/tokenreview) */
export const tokenReview = defineKind<TokenReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  async createOnly(obj, context) {
    const { token = "", audiences = [] } = obj.spec;
    if (!token) throw badRequest("token is required for TokenReview in authentication");
    // What else the sender put there stays.
    const { authenticated: _said, ...status } = obj.status ?? {};
    return { ...obj, status: { ...status, ...(await review(token, audiences, context)) } };
  },
});

async function review(
  token: string,
  asked: readonly string[],
  { services }: RequestContext,
): Promise<Partial<TokenReviewStatus>> {
  const audiences = asked.length ? asked : services.apiAudiences;
  try {
    const headers = { authorization: `Bearer ${token}` };
    const result = await services.authenticator.authenticate({ headers, audiences });
    if (!result) return {};
    const common = audiences.filter((audience) => result.audiences?.includes(audience));
    if (audiences.length && !common.length) throw new BadAudience();
    return {
      authenticated: true,
      user: wireUserInfo(result.user),
      ...(result.audiences?.length && { audiences: [...result.audiences] }),
    };
  } catch (error) {
    if (error instanceof BadAudience) throw internalError("error validating audiences");
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** An authenticator that forgot the audiences it was asked for. */
class BadAudience extends Error {}
