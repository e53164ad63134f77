import { createWriteStream } from "node:fs";
import { microTime } from "../../meta/time.ts";
import type { UserInfo } from "../authenticator.ts";
import type { Attributes } from "../authorizer.ts";
import { type AuditDecision, type AuditPolicy, type AuditStage, auditDecision, LEVELS } from "./policy.ts";

/** A request as the audit log sees it. */
export interface AuditedRequest {
  readonly auditId: string;
  readonly attributes: Attributes;
  readonly requestUri: string;
  readonly sourceIps: readonly string[];
  readonly userAgent: string;
  readonly receivedAt: Date;
}

/** What a request is about, where its path does not say it. */
export interface AuditedSubject {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** What is known at a later stage. */
export interface AuditedResponse {
  readonly impersonated?: UserInfo;
  /** The verb of KEP-5284 by which it was allowed. */
  readonly impersonationConstraint?: string;
  readonly subject?: AuditedSubject;
  readonly code?: number;
  /** A Status that was answered: its parts go into responseStatus. */
  readonly status?: Readonly<Record<string, unknown>>;
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One request being followed; undefined when the policy says None. */
export interface AuditTrail {
  /** Whether bodies are wanted at all: they cost something to keep. */
  readonly wantsRequestObject: boolean;
  readonly wantsResponseObject: boolean;
  record(stage: AuditStage, response: AuditedResponse): void;
}

export interface AuditLog {
  /** How many events were written so far. */
  readonly events: number;
  /** Decides by the policy. Writes nothing yet. */
  begin(request: AuditedRequest): AuditTrail | undefined;
  stop(): Promise<void>;
}

export interface AuditLogOptions {
  readonly policy: AuditPolicy;
  readonly sink: AuditLines;
  readonly now: () => Date;
}

/** Where lines go. */
export interface AuditLines {
  write(line: string): void;
  stop(): Promise<void>;
}

/** `--audit-log-path`: lines of JSON, appended; `-` is standard output. */
export function auditFile(path: string): AuditLines {
  if (path === "-") return { write: (line) => void process.stdout.write(line), stop: async () => {} };
  const stream = createWriteStream(path, { flags: "a", mode: 0o600 });
  // Losing the log must not take the server down; the first failure is told.
  stream.once("error", (error) => console.error(`audit log ${path}: ${error.message}`));
  return {
    write: (line) => void stream.write(line),
    stop: () => new Promise((resolve) => (stream.destroyed ? resolve() : stream.end(() => resolve()))),
  };
}

/** (apiserver/pkg/audit and plugin/pkg/audit/log) */
export function auditLog({ policy, sink, now }: AuditLogOptions): AuditLog {
  let events = 0;
  return {
    get events() {
      return events;
    },
    begin(request) {
      const decision = auditDecision(policy, request.attributes);
      if (decision.level === "None") return undefined;
      const rank = LEVELS.indexOf(decision.level);
      return {
        wantsRequestObject: rank >= LEVELS.indexOf("Request"),
        wantsResponseObject: rank >= LEVELS.indexOf("RequestResponse"),
        record(stage, response) {
          if (decision.omitStages.includes(stage)) return;
          events++;
          sink.write(`${JSON.stringify(auditEvent(request, response, stage, decision, now()))}\n`);
        },
      };
    },
    stop: () => sink.stop(),
  };
}

/** audit.k8s.io/v1 Event, in the order of its Go type. */
function auditEvent(
  request: AuditedRequest,
  response: AuditedResponse,
  stage: AuditStage,
  { level, omitManagedFields }: AuditDecision,
  now: Date,
): object {
  const { attributes } = request;
  const { user, verb } = attributes;
  const { impersonated, impersonationConstraint, subject, code, status, annotations } = response;
  const rank = LEVELS.indexOf(level);
  const body = (object: unknown) => (omitManagedFields ? withoutManagedFields(object) : object);
  const agent = request.userAgent.slice(0, 1024);
  return {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level,
    auditID: request.auditId,
    stage,
    requestURI: request.requestUri,
    verb,
    user: userOf(user),
    ...(impersonated && { impersonatedUser: userOf(impersonated) }),
    ...(impersonationConstraint && {
      authenticationMetadata: { impersonationConstraint },
    }),
    ...(request.sourceIps.length && { sourceIPs: request.sourceIps }),
    ...(agent && { userAgent: agent }),
    ...(attributes.resourceRequest && { objectRef: objectReference(attributes, subject) }),
    ...(code && { responseStatus: responseStatus(code, status) }),
    ...(rank >= LEVELS.indexOf("Request") &&
      response.requestObject !== undefined && { requestObject: body(response.requestObject) }),
    ...(rank >= LEVELS.indexOf("RequestResponse") &&
      response.responseObject !== undefined && { responseObject: body(response.responseObject) }),
    requestReceivedTimestamp: microTime(request.receivedAt),
    stageTimestamp: microTime(now),
    ...(annotations && Object.keys(annotations).length && { annotations: sorted(annotations) }),
  };
}

const userOf = ({ name, uid, groups, extra }: UserInfo): object => ({
  ...(name && { username: name }),
  ...(uid && { uid }),
  ...(groups.length && { groups }),
  ...(extra && Object.keys(extra).length && { extra: sorted(extra) }),
});

function objectReference(
  { resource, namespace, name, group, version, subresource }: Attributes,
  subject: AuditedSubject = {},
): object {
  const at = { namespace: namespace || subject.namespace, name: name || subject.name };
  return {
    ...(resource && { resource }),
    ...(at.namespace && { namespace: at.namespace }),
    ...(at.name && { name: at.name }),
    ...(subject.uid && { uid: subject.uid }),
    ...(group && { apiGroup: group }),
    ...(version && { apiVersion: version }),
    ...(subject.resourceVersion && { resourceVersion: subject.resourceVersion }),
    ...(subresource && { subresource }),
  };
}

function responseStatus(code: number, status: Readonly<Record<string, unknown>> = {}): object {
  const kept = ["status", "message", "reason", "details"].filter((key) => status[key] !== undefined);
  return { metadata: {}, ...Object.fromEntries(kept.map((key) => [key, status[key]])), code };
}

function withoutManagedFields(object: unknown): unknown {
  if (typeof object !== "object" || object === null || !("metadata" in object)) return object;
  // Any object of the API; lists carry theirs in their items, Tables in the objects of their rows.
  const { metadata, items, rows } = object as {
    metadata: Record<string, unknown>;
    items?: unknown;
    rows?: { object?: unknown }[];
  };
  const { managedFields, ...rest } = metadata ?? {};
  return {
    ...object,
    metadata: rest,
    ...(Array.isArray(items) && { items: items.map(withoutManagedFields) }),
    ...(Array.isArray(rows) && { rows: rows.map((row) => ({ ...row, object: withoutManagedFields(row.object) })) }),
  };
}

function sorted<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
