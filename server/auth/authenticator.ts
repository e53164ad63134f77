import type { IncomingHttpHeaders } from "node:http";

/** Who a request is from. (authentication.k8s.io/v1 UserInfo) */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What authenticators may look at. */
export interface AuthenticationRequest {
  readonly headers: IncomingHttpHeaders;
  /** Of the URL, percent-decoded. */
  readonly path?: string;
  /** Names and values in turn, as they came: Node joins repeated headers with commas, and group names may hold commas. */
  readonly rawHeaders?: readonly string[];
  /**
   * The client's certificate in DER, when it sent one: authenticators verify it themselves, since the front proxy and
   * users have different CAs. Pass the same array for all requests of a connection: results are kept by its identity.
   */
  readonly clientCertificate?: Uint8Array;
  /** Further certificates that the client sent. */
  readonly intermediates?: readonly Uint8Array[];
  /** From `Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.…`, already decoded. */
  readonly websocketToken?: string;
  /** Why there is none, though there was one among the subprotocols: of account when nothing else tells who it is. */
  readonly websocketError?: Error;
  /** Adds a `Warning` header, for what is wrong with a credential that is passed over. */
  readonly warn?: (message: string) => void;
  /** Audiences the token must be for; the API server's own when absent. */
  readonly audiences?: readonly string[];
}

export interface Authenticated {
  readonly user: UserInfo;
  /** Audiences that the credential is good for, of those asked; empty = not audience aware. */
  readonly audiences?: readonly string[];
  /** `Warning` headers to add. */
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

/**
 * One way to tell who a request is from.
 * @returns undefined when the request carries no credential of this kind.
 * @throws Error when it carries a bad one: the union remembers it, and answers 401 when no other one accepts.
 */
export interface Authenticator {
  readonly name: string;
  authenticate(request: AuthenticationRequest): Promise<Authenticated | undefined> | Authenticated | undefined;
}

/** One of several ways: it may also return the error that it would throw, which the others then may make up for. */
export interface Candidate {
  readonly name: string;
  authenticate(request: AuthenticationRequest): Promise<Authenticated | undefined> | Authenticated | Error | undefined;
}

/** The part of authentication that looks at a bearer token alone: what TokenReviews ask. */
export interface TokenAuthenticator {
  readonly name: string;
  /**
   * @param audiences the token must be for one of these; empty = not audience aware.
   * @returns undefined when the token is not of this kind. @throws Error when it is, and bad
   */
  authenticateToken(
    token: string,
    audiences: readonly string[],
  ): Promise<Authenticated | undefined> | Authenticated | undefined;
}
