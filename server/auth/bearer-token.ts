import { AggregatedError } from "./aggregate-error.ts";
import type { Authenticated, Authenticator, TokenAuthenticator } from "./authenticator.ts";

export const INVALID_TOKEN = "invalid bearer token";

/** Asks each for a token until one knows it; when none does, all errors together. (apiserver/…/token/union) */
export function tokenUnion(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    name: "token-union",
    async authenticateToken(token, audiences) {
      const errors: unknown[] = [];
      for (const authenticator of authenticators) {
        try {
          const result = await authenticator.authenticateToken(token, audiences);
          if (result) return result;
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length) throw new AggregatedError(errors);
      return undefined;
    },
  };
}

/** Lets an authenticator that knows nothing of audiences speak for the API server's own. (apiserver/…/authenticator/audagnostic) */
export function audienceAgnostic(
  authenticator: TokenAuthenticator,
  apiAudiences: readonly string[],
): TokenAuthenticator {
  return {
    name: authenticator.name,
    authenticateToken(token, audiences) {
      if (!audiences.length) return authenticator.authenticateToken(token, audiences);
      const common = apiAudiences.filter((audience) => audiences.includes(audience));
      if (!common.length) return undefined;
      const result = authenticator.authenticateToken(token, audiences);
      if (!(result instanceof Promise)) return result && { ...result, audiences: common };
      return result.then((answer) => answer && { ...answer, audiences: common });
    },
  };
}

const EXTRA_SPACE = "the provided Authorization header contains extra space before the bearer token, and is ignored";

/** `Authorization: Bearer …` (apiserver/…/request/bearertoken). An empty token is none. */
export function bearerTokenAuthenticator(tokens: TokenAuthenticator, apiAudiences: readonly string[]): Authenticator {
  return {
    name: "bearer-token",
    authenticate({ headers, audiences = apiAudiences, warn }) {
      const [scheme, token, more] = (headers.authorization ?? "").trim().split(" ", 3);
      if (scheme?.toLowerCase() !== "bearer") return undefined;
      if (!token) {
        if (more !== undefined) warn?.(EXTRA_SPACE);
        return undefined;
      }
      return known(tokens, token, audiences);
    },
  };
}

/** The token that a browser hid in its WebSocket subprotocols. (apiserver/…/request/websocket) */
export function websocketTokenAuthenticator(
  tokens: TokenAuthenticator,
  apiAudiences: readonly string[],
): Authenticator {
  return {
    name: "websocket-token",
    authenticate({ websocketToken, websocketError, audiences = apiAudiences }) {
      if (websocketError) throw websocketError;
      return websocketToken ? known(tokens, websocketToken, audiences) : undefined;
    },
  };
}

/** No promise where the answer is there already: tokens come again and again. */
function known(
  tokens: TokenAuthenticator,
  token: string,
  audiences: readonly string[],
): Promise<Authenticated> | Authenticated {
  const result = tokens.authenticateToken(token, audiences);
  return result instanceof Promise ? result.then(must) : must(result);
}

/** Made once: each token that is not the server's own is one here, and taking a stack costs more than all else of it. */
const INVALID = new Error(INVALID_TOKEN);

function must(result: Authenticated | undefined): Authenticated {
  if (result) return result;
  throw INVALID;
}

const PROTOCOL_PREFIX = "base64url.bearer.authorization.k8s.io.";

/**
 * Takes the token out of `Sec-WebSocket-Protocol`.
 * @returns the subprotocols that are left to choose from. @throws Error for a bad token: answer 401
 */
export function websocketToken(header: string | undefined): { token: string; protocols: string[] } {
  const all = (header ?? "")
    .split(",")
    .map((text) => text.trim())
    .filter(Boolean);
  const protocols = all.filter((text) => !text.startsWith(PROTOCOL_PREFIX));
  const encoded = all
    .filter((text) => text.startsWith(PROTOCOL_PREFIX))
    .map((text) => text.slice(PROTOCOL_PREFIX.length));
  if (encoded.length > 1) throw new Error("multiple base64.bearer.authorization tokens specified");
  if (!encoded[0]) return { token: "", protocols };
  if (!/^[A-Za-z0-9_-]+$/.test(encoded[0])) throw new Error("invalid base64.bearer.authorization token encoding");
  const token = Buffer.from(encoded[0], "base64url").toString("utf8");
  if (token.includes("\ufffd")) throw new Error("invalid base64.bearer.authorization token");
  if (!protocols.length) throw new Error("missing additional subprotocol");
  return { token, protocols };
}
