import type { Duplex } from "node:stream";
import type { AuditedSubject, AuditTrail } from "../auth/audit/audit-log.ts";
import type { UserInfo } from "../auth/authenticator.ts";
import { type Status, timeout } from "../meta/errors.ts";
import type { RequestInfo } from "./request-info.ts";

/** The raw connection of a request that asked to change protocols (WebSocket, SPDY). See upgrade.ts. */
export interface Upgrade {
  readonly socket: Duplex;
  /** Bytes that came after the request's head. */
  readonly head: Buffer;
  /** HTTP/2 extended CONNECT: the answer is a 200 on the stream, not a 101. */
  readonly extendedConnect: boolean;
  /** Set by whoever took the connection over: nothing else may then be written to it. */
  taken: boolean;
}

/** Bytes of a request or an answer, and what they are. */
export interface AuditedBody {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A request that the audit policy wants to know of. */
export interface AuditedState {
  readonly trail: AuditTrail;
  /** The head of the answer goes out, of a request that lasts. */
  readonly started: (code: number) => void;
  requestBody?: AuditedBody;
  /** Metadata of what is created or updated: the path may not say it. */
  subject?: AuditedSubject;
  responseBody?: AuditedBody;
  /** A Status that was answered. */
  status?: Status;
}

/** `ctx.state` of every request, filled by the chain in the order of the fields. */
export interface State {
  /** `Audit-Id` header. */
  auditId: string;
  receivedAt: Date;
  requestInfo: RequestInfo;
  /** The query, parsed. */
  query: URLSearchParams;
  /** The request is for a resource that is served: what metrics count by name. */
  served: boolean;
  /** Watches, exec, attach, port-forward, log, proxy: no deadline, not counted in flight. */
  longRunning: boolean;
  /** Aborted when the client goes away, the deadline passes, or the server stops. */
  readonly signal: AbortSignal;
  /** Aborts `signal`, when anybody asked for it. */
  abort(): void;
  /** Adds a `Warning: 299` header. */
  warn(message: string): void;
  /** `Warning: 299` texts, in order, without duplicates. */
  warnings: string[];
  user: UserInfo;
  /** Set when impersonation replaced `user`. */
  impersonator?: UserInfo;
  /** The verb of KEP-5284 by which impersonation was allowed, if it was one. */
  impersonationConstraint?: string;
  auditAnnotations: Record<string, string>;
  audit?: AuditedState;
  upgrade?: Upgrade;
  /** What the request asked its deadline to be, where that is shorter than others'. */
  timeoutMilliseconds?: number;
  /** Of a watch: says that what there is has been sent, and that from now on it costs little. */
  initialized?: () => void;
  /** Which flow schema and priority level took the request. */
  flow?: { readonly flowSchemaUid: string; readonly priorityLevelUid: string };
  /** What was answered, for the log, metrics and audit; 0 before. */
  responseCode: number;
  responseBytes: number;
  /** Of the body, once it is read. */
  requestBytes: number;
  /** The server ended it to protect itself: out of time, too many others, a bug. */
  terminated: boolean;
  /** How long the request waited for its turn. */
  queuedSeconds: number;
}

const NOBODY: UserInfo = { name: "", groups: [] };
const NO_QUERY = new URLSearchParams();
const NO_REQUEST: RequestInfo = {
  isResourceRequest: false,
  path: "",
  verb: "",
  apiPrefix: "",
  apiGroup: "",
  apiVersion: "",
  namespace: "",
  resource: "",
  subresource: "",
  name: "",
  parts: [],
};

/** What those who wait on the signal throw: nobody is there to read it, or has been told so already. */
const gaveUp = () => timeout("request did not complete within the allotted timeout");

/** The state of one request. Most requests never ask for `signal`, so its controller is made on first use. */
export class RequestState implements State {
  auditId = "";
  receivedAt: Date;
  requestInfo = NO_REQUEST;
  query = NO_QUERY;
  served = false;
  longRunning = false;
  warnings: string[] = [];
  user = NOBODY;
  impersonator?: UserInfo;
  impersonationConstraint?: string;
  auditAnnotations: Record<string, string> = {};
  audit?: AuditedState;
  upgrade?: Upgrade;
  timeoutMilliseconds?: number;
  initialized?: () => void;
  flow?: { readonly flowSchemaUid: string; readonly priorityLevelUid: string };
  responseCode = 0;
  responseBytes = 0;
  requestBytes = 0;
  terminated = false;
  queuedSeconds = 0;
  #controller: AbortController | undefined;
  #aborted = false;

  constructor(receivedAt: Date) {
    this.receivedAt = receivedAt;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(gaveUp());
    }
    return this.#controller.signal;
  }

  abort(): void {
    this.#aborted = true;
    this.#controller?.abort(gaveUp());
  }

  warn(message: string): void {
    if (message && !this.warnings.includes(message)) this.warnings.push(message);
  }
}
