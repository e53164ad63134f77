import type { UserInfo } from "../auth/authenticator.ts";
import type { RequestInfo } from "./request-info.ts";

/** `ctx.state` of every request, filled by the chain in the order of the fields. */
export interface State {
  /** `Audit-Id` header. */
  auditId: string;
  receivedAt: Date;
  requestInfo: RequestInfo;
  /** Aborted when the client goes away, the deadline passes, or the server stops. */
  signal: AbortSignal;
  /** `Warning: 299` texts, in order, without duplicates. */
  warnings: string[];
  user: UserInfo;
  /** Set when impersonation replaced `user`. */
  impersonator?: UserInfo;
  auditAnnotations: Record<string, string>;
}
