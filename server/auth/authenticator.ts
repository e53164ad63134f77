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
  /** The verified client certificate in DER, when the TLS handshake had one signed by any known client CA. */
  readonly clientCertificate?: Uint8Array;
  /** From `Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.…`, already decoded. */
  readonly websocketToken?: string;
  /** Audiences the token must be for; the API server's own when absent. */
  readonly audiences?: readonly string[];
}

export interface Authenticated {
  readonly user: UserInfo;
  /** Audiences that the credential is good for, of those asked; empty = not audience aware. */
  readonly audiences?: readonly string[];
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
