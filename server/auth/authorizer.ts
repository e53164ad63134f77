import type { UserInfo } from "./authenticator.ts";

/** What a request wants to do, as authorizers see it. (apiserver/pkg/authorization/authorizer Attributes) */
export interface Attributes {
  readonly user: UserInfo;
  /** get list watch create update patch delete deletecollection, special verbs, or the lower-case HTTP method. */
  readonly verb: string;
  readonly resourceRequest: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Non-resource requests: the URL path. */
  readonly path: string;
  /** Of list, watch and deletecollection: the raw selector texts, when given. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface Decision {
  readonly decision: "allow" | "deny" | "no-opinion";
  /** Said to the user when it is not allowed. */
  readonly reason: string;
  /** Set when the evaluation itself went wrong. */
  readonly error?: string;
}

/** RBAC, Node, webhook, …: asked in order; the first that allows or denies wins. */
export interface Authorizer {
  readonly name: string;
  authorize(attributes: Attributes): Promise<Decision> | Decision;
}
