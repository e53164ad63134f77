import { DecodeError } from "../../../openapi/json-tree.ts";
import type { Schema } from "../../../openapi/schema.ts";
import type { UserInfo } from "../../auth/authenticator.ts";
import type { Authorizer } from "../../auth/authorizer.ts";
import { forbiddenTo } from "../../meta/access-denied.ts";
import { badRequest, internalError } from "../../meta/errors.ts";
import { fieldManagerName } from "../../meta/managed-fields/manager.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Kind, Subresource } from "../../registry/kind.ts";
import type { RequestScope, ResourceStore } from "../../registry/store.ts";
import { cannotBeHandled } from "../decode.ts";
import { type Output, schemaOfKind } from "../encode.ts";
import { attributesOf } from "../filters/authorization.ts";
import { ACTION, CUSTOM, ITEM, type MediaType, negotiate } from "../negotiate.ts";
import { apiVersionOf, type Expected } from "../object-kind.ts";
import type { Ctx } from "../respond.ts";
import type { State } from "../state.ts";
import { includeObject } from "../table.ts";
import type { WriteOptions } from "../write-options.ts";

/** A request that found its resource. */
export interface ResourceRequest {
  readonly ctx: Ctx;
  /** The version that is served. */
  readonly kind: Kind;
  readonly store: ResourceStore;
  /** Empty for cluster-scoped kinds and for all namespaces. */
  readonly namespace: string;
  readonly name: string;
  readonly authorizer: Authorizer;
  /** Of a POST that is one to a subresource of the object that the body names. */
  readonly through?: { readonly store: ResourceStore; readonly subresource: string };
  /** With its definition when the request is about a subresource. */
  readonly subresource?: { readonly name: string; readonly definition: Subresource<KubeObject> };
}

/** What the registry gets to know of a request. */
export class HandlerScope implements RequestScope {
  readonly #state: State;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly options: Record<string, unknown>;

  constructor(ctx: Ctx, options: Pick<WriteOptions, "dryRun" | "fieldManager" | "object">) {
    this.#state = ctx.state;
    this.dryRun = options.dryRun;
    this.fieldManager = fieldManagerName(options.fieldManager, ctx.req.headers["user-agent"] ?? "");
    this.options = options.object;
  }

  get user(): UserInfo {
    return this.#state.user;
  }
  get now(): Date {
    return this.#state.receivedAt;
  }
  get verb(): string {
    return this.#state.requestInfo.verb;
  }
  get requestVersion(): { group: string; version: string } {
    const { apiGroup: group, apiVersion: version } = this.#state.requestInfo;
    return { group, version };
  }
  get signal(): AbortSignal {
    return this.#state.signal;
  }
  // Bound, since these are handed on without their scope.
  readonly warn = (message: string): void => this.#state.warn(message);
  readonly annotate = (key: string, value: string): void => {
    // The first one to say something under a key is believed, as upstream.
    this.#state.auditAnnotations[key] ??= value;
  };
}

const READ = { dryRun: false, fieldManager: "", object: {} };

/** The scope of a request that writes nothing. */
export function readScope(ctx: Ctx): HandlerScope {
  return new HandlerScope(ctx, READ);
}

/** What an answer with one object can be. @throws StatusError 406 */
export function negotiateItem({ ctx, kind, subresource }: ResourceRequest): MediaType {
  if (kind.custom) return negotiate(ctx, CUSTOM);
  return negotiate(ctx, subresource?.definition.hasTable === false ? ACTION : ITEM);
}

export function outputOf({ ctx, kind }: ResourceRequest, media: MediaType): Output {
  const { query, receivedAt } = ctx.state;
  const include = media.convert?.kind === "Table" ? includeObject(query) : "Metadata";
  return { kind, media, include, now: receivedAt };
}

/** What the body of a write must be: the resource's kind, or the subresource's own. */
export function expectedOf({ kind, subresource }: ResourceRequest): Expected {
  const own = subresource?.definition.kind;
  if (!own) return kind;
  const schema = schemaOfKind(own.group, own.version, own.kind);
  const { acceptedVersions } = subresource.definition;
  return { ...own, schema, custom: false, ...(acceptedVersions && { acceptedVersions }) };
}

/** The same of what was sent as a whole. @throws StatusError 400 when a version cannot be made of it */
export function bodyToStorage(kind: Kind, object: KubeObject): KubeObject {
  try {
    return toStorage(kind, object);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw cannotBeHandled(kind.kind, kind.version, kind.kind, error.message);
  }
}

/**
 * A decoded object with its defaults, in the storage version: what the registry takes.
 * @throws DecodeError when it says something that the storage version has no form for
 */
export function toStorage(kind: Kind, object: KubeObject): KubeObject {
  const { convert, definition } = kind;
  if (!convert) {
    definition.defaults?.(object);
    return object;
  }
  convert.defaults?.(object);
  const stored = convert.toStorage(object);
  stored.kind = definition.kind;
  stored.apiVersion = apiVersionOf(definition);
  return stored;
}

/** A private object of the storage version as the served one. */
export function fromStorage(kind: Kind, object: KubeObject): KubeObject {
  if (!kind.convert) return object;
  const served = kind.convert.fromStorage(object);
  served.kind = kind.kind;
  served.apiVersion = apiVersionOf(kind);
  return served;
}

/** Of PUT and PATCH: the body must be about the object in the URL. @throws StatusError 400 (handlers/rest.go) */
export function checkName({ kind, namespace, name }: ResourceRequest, object: KubeObject): void {
  object.metadata ??= {};
  const { metadata } = object;
  const expected = kind.namespaced ? namespace : "";
  if (metadata.namespace && expected && metadata.namespace !== expected) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (expected) metadata.namespace = expected;
  else delete metadata.namespace;
  if (!metadata.name) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
}

/** A PUT or an apply that creates needs leave to create. @throws StatusError 403 (handlers/update.go withAuthorization) */
export async function authorizeCreate({ ctx, authorizer }: ResourceRequest): Promise<void> {
  const attributes = { ...attributesOf(ctx.state.user, ctx.state.requestInfo), verb: "create" };
  const { decision, reason, error } = await authorizer.authorize(attributes);
  if (decision === "allow") return;
  if (error) throw internalError(error);
  throw forbiddenTo(attributes, reason);
}

/** The schema of any object by its own kind. */
export function schemaOfObject(object: KubeObject): Schema {
  const [version = "", group = ""] = (object.apiVersion ?? "").split("/").reverse();
  return schemaOfKind(group, version, object.kind ?? "");
}
