import type { Schema } from "../../openapi/schema.ts";
import type { ObjectReader } from "../admission/plugin.ts";
import type { UserInfo } from "../auth/authenticator.ts";
import type { FieldError } from "../meta/field-error.ts";
import type { KubeObject } from "../meta/object.ts";
import type { ServiceAllocator } from "./core/service/allocator.ts";
import type { Services } from "./services.ts";
import type { DeleteOptions, Selectable } from "./store.ts";

/** What strategies may know of the request. */
export interface RequestContext {
  readonly user: UserInfo;
  readonly now: Date;
  readonly reader: ObjectReader;
  /** `update` or `patch`, say: what authorizers call the request. Absent in writes of the server itself. */
  readonly verb?: string;
  /** Version that the client speaks. */
  readonly requestVersion?: { readonly group: string; readonly version: string };
  /** What a few kinds need besides: authorizers, token signing. */
  readonly services: Services;
  /** Cluster IPs and node ports. */
  readonly serviceAllocator: ServiceAllocator;
  /** Adds a `Warning: 299` header. */
  warn(message: string): void;
  /** Adds an annotation to the audit event. */
  annotate(key: string, value: string): void;
}

/** A column of `kubectl get`. Facts give name, type, format, priority; the definition gives the value. */
export interface Column<T> {
  /** Empty: a cell past the last header. */
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly priority?: number;
  /** Read when a Table is asked for. Absent: empty. */
  description?(): string;
  /** A cell: text, number, boolean, or null. `now` is for ages. */
  value(object: T, now: Date): unknown;
}

/** Ends what `beginWrite` began. */
export type FinishWrite = (isCommitted: boolean) => void | Promise<void>;

/**
 * A part of update validation: `changes` of metadata that may not be, the `whole` metadata by the rules of creation,
 * `validate` of the new object, the kind's `own` validateUpdate. What two parts find wrong is told twice, as upstream.
 */
export type UpdateCheck = "changes" | "whole" | "validate" | "own";

/** How PUT, PATCH and GET of a subresource such as `status` differ from the object's own. */
export interface Subresource<T> {
  /** Kind on the wire when it is not the object's own, for example autoscaling/v1 Scale. */
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
  /** Former versions of `kind` whose bodies are still taken, as apiVersions. (rest.GroupVersionAcceptor) */
  readonly acceptedVersions?: readonly string[];
  readonly verbs: readonly ("get" | "create" | "update" | "patch" | "delete" | "connect")[];
  /** Type defaults of what is sent to `create`. */
  defaults?(body: KubeObject): void;
  /** Own-kind subresources: PUT and apply of an absent name create the object. Default false. */
  readonly allowCreateOnUpdate?: boolean;
  /** The same of apply alone: upstream's storage hands on that it may create. Default false. */
  readonly allowCreateOnApply?: boolean;
  /** Whether it is shown as a Table to who asks for one. Default true. (rest.TableConvertor) */
  readonly hasTable?: boolean;
  /** Own-kind subresources: keeps of `obj` only what this subresource may touch, the rest from `old`. */
  prepareForUpdate?(obj: T, old: T, context: RequestContext): void;
  /** Of parts of the object that need permissions of their own: told before `validateUpdate`. */
  authorizeUpdate?(obj: T, old: T, context: RequestContext): Promise<readonly FieldError[]>;
  validateUpdate?(obj: T, old: T, context: RequestContext): readonly FieldError[];
  /** As that of the kind. */
  readonly updateChecks?: readonly UpdateCheck[];
  warnings?(obj: T, old: T | undefined): readonly string[];
  /** Other-kind subresources (Scale): from the object, and back into it. Own-kind: a form shown only here. */
  read?(obj: T): KubeObject;
  /** Columns of a Table of what `read` gives. */
  readonly columns?: readonly Column<KubeObject>[];
  /** In place of `read` where it is to be written: for forms that a GET cannot show. */
  readForUpdate?(obj: T): KubeObject;
  write?(subresource: KubeObject, obj: T): void;
  /** Uid and times in what is sent to `create` are the object's own, to be compared. (rest.SubresourceObjectMetaPreserver) */
  readonly keepsSystemFields?: boolean;
  /** Actions (POST of binding, eviction, token): answers the body to send. Reaches storage through `actions`. */
  create?(request: SubresourceCreate): Promise<KubeObject>;
}

/** A POST to a subresource. */
export interface SubresourceCreate {
  readonly namespace: string;
  readonly name: string;
  readonly body: KubeObject;
  readonly dryRun: boolean;
  readonly context: RequestContext;
  /** Reads the parent object. @throws StatusError 404 */
  get<T extends KubeObject>(): Promise<T>;
  /** Compare-and-set on the parent, retried; `change` edits a copy and may throw a StatusError. */
  update<T extends KubeObject>(change: (current: T) => void): Promise<T>;
  /** Deletes the parent as a DELETE with these options would. */
  delete(options: Record<string, unknown>): Promise<void>;
}

/** How `metadata.name` is checked: see openapi/facts/names. */
export type NameRule = "dns-1123-label" | "dns-1123-subdomain" | "dns-1035-label" | "path-segment";

/**
 * All that is special about one kind. What is absent is what the generic registry and the facts tables already know
 * (verbs, names, schema, field selectors, subresource names, columns' headers).
 */
export interface KindDefinition<T extends KubeObject> {
  readonly group: string;
  /** The storage version, which is also the one inside. */
  readonly version: string;
  readonly kind: string;
  /** Type defaults of the version (zz_generated.defaults): on create, update, and whatever is read from clients. */
  defaults?(obj: T): void;
  /**
   * On create (`old` undefined) and update of the object itself, after mutating admission and before everything below:
   * may the user write this content at all? Roles and bindings must not give away more than the writer has.
   * @param request of the URL: `name` is empty on create. @throws StatusError
   */
  authorizeWrite?(
    obj: T,
    old: T | undefined,
    context: RequestContext,
    request: { readonly namespace: string; readonly name: string },
  ): Promise<void>;
  prepareForCreate?(obj: T, context: RequestContext): void;
  prepareForUpdate?(obj: T, old: T, context: RequestContext): void;
  /** @param old of an update, where `updateChecks` name this one */
  validate?(obj: T, context: RequestContext, old?: T): readonly FieldError[];
  /** Besides ObjectMeta's own rules, and `validate` only where `updateChecks` says so. */
  validateUpdate?(obj: T, old: T, context: RequestContext): readonly FieldError[];
  /** What `validateUpdate` is to do besides, and in which order. Default: `changes`, then `own`. */
  readonly updateChecks?: readonly UpdateCheck[];
  /** Creation looks at metadata only after all else is right, and then as any kind's: not at `nameRule`, for example. */
  readonly loosensMetadata?: boolean;
  canonicalize?(obj: T): void;
  /** Texts for `Warning` headers. `old` is undefined on create. */
  warnings?(obj: T, old: T | undefined): readonly string[];
  /** PUT of an absent name creates it. Default false. */
  readonly allowCreateOnUpdate?: boolean;
  /** PUT without resourceVersion is accepted. Default true. */
  readonly allowUnconditionalUpdate?: boolean;
  /**
   * Kinds that are deleted gracefully (Pods): decides the grace period in seconds, 0 = at once, and may prepare the
   * object. Absent = always at once (finalizers are generic).
   */
  gracePeriodSeconds?(obj: T, requested: number | undefined, context: RequestContext): number;
  /** Runs before a DELETE looks for its object, if it is one of its own; may throw a StatusError. */
  beforeDelete?(name: string, context: RequestContext, options: DeleteOptions): void;
  /** The same before a collection is deleted. */
  beforeDeleteCollection?(context: RequestContext, options: DeleteOptions): void;
  /**
   * Kinds with a deletion protocol of their own (Namespace). Called with a private copy on each DELETE.
   * @returns "mark": `obj` was changed and is to be written, not deleted; "wait": answer it as it is; "proceed": as usual.
   */
  deletion?(obj: T, context: RequestContext, options: DeleteOptions): "mark" | "wait" | "proceed";
  /** Besides empty finalizers and a passed grace period: whether an update may end in the final deletion. */
  shouldDeleteDuringUpdate?(obj: T, old: T): boolean;
  /**
   * `defaults` gives back some of what `prepareForCreate` takes away, so that an object as created is not what is read
   * later: its first update is written even if it changes nothing. Told of the object as it is read.
   */
  rewrittenByFirstUpdate?(obj: T): boolean;
  /** Upstream keeps no watch cache of it: reads wait for no version, and any version is read in pages too. (Events) */
  readonly uncached?: boolean;
  /** What a DELETE without propagationPolicy does to dependents. Default "background". */
  readonly garbageCollection?: "background" | "orphan" | "unsupported";
  /** The answer to the final DELETE is the object instead of a Status; does OpenAPI say so? Default false. */
  readonly returnsDeletedObject?: boolean | "undocumented";
  /** Objects are deleted by the storage so many seconds after their last write (Events). */
  readonly ttlSeconds?: number;
  /**
   * Side effects in the same request that must be undone if the write fails, such as cluster IP allocation. As upstream's
   * BeginCreate and BeginUpdate it runs before everything else of the strategy, and may change `obj`. Not on
   * subresources. @returns called when the write is over: made for good (never in a dry run), or not at all.
   */
  beginWrite?(obj: T, old: T | undefined, context: RequestContext, dryRun: boolean): Promise<FinishWrite | undefined>;
  /** After a successful write or final delete (`obj` undefined). */
  afterCommit?(obj: T | undefined, old: T | undefined, context: RequestContext): void | Promise<void>;
  /** Selectable fields besides metadata.name and metadata.namespace: label → value. */
  selectableFields?(obj: T): Record<string, string>;
  readonly nameRule?: NameRule;
  /** Own name check in place of a rule: messages, empty = good. */
  validateName?(name: string, isPrefix: boolean): readonly string[];
  readonly columns?: readonly Column<T>[];
  /** Metadata in rows of tables, which upstream makes of its internal types: without what conversion adds. */
  tableMetadata?(metadata: T["metadata"]): T["metadata"];
  /** metav1.TableRowCondition: what clients may grey out. */
  rowConditions?(obj: T): readonly { type: string; status: string; reason: string; message: string }[];
  readonly subresources?: Readonly<Record<string, Subresource<T>>>;
  /** Kinds that are never stored (reviews, TokenReview, Binding): the whole of create. */
  createOnly?(obj: T, context: RequestContext): Promise<T>;
  /** Kinds whose POST is that of a subresource of the object that the body names: Binding. */
  readonly createdThrough?: {
    readonly group: string;
    readonly version: string;
    readonly resource: string;
    readonly subresource: string;
  };
  /** Kinds that are made when they are read, and never stored. `resource` is what a 404 calls them. */
  readonly computed?: { readonly resource: string; list(): Promise<readonly T[]> };
  /** What a bookmark shows besides, since Go's internal type cannot leave it out. */
  readonly zeroValue?: { readonly annotations?: Readonly<Record<string, string>>; readonly spec?: object };
  /** Other served versions, converted from and to the storage version, in place or as a copy. */
  readonly versions?: readonly {
    readonly version: string;
    readonly group?: string;
    toStorage(obj: KubeObject): T;
    fromStorage(obj: T): KubeObject;
    defaults?(obj: KubeObject): void;
    readonly columns?: readonly Column<T>[];
  }[];
}

/** A definition joined with the facts: what handlers, discovery, OpenAPI and printing read. One per served version. */
export interface Kind<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly storageVersionHash: string;
  /** `/registry/pods/` and the like: keys are prefix + [namespace/] + name, as in etcd under kube-apiserver. */
  readonly storagePrefix: string;
  readonly schema: Schema;
  readonly definition: KindDefinition<T>;
  /** Set on a served version that is not the storage version. */
  readonly convert?: {
    toStorage(obj: KubeObject): T;
    fromStorage(obj: T): KubeObject;
    defaults?(obj: KubeObject): void;
  };
  readonly columns: readonly Column<T>[];
  /** Labels that field selectors may name, besides metadata.name and metadata.namespace. */
  readonly fieldLabels: readonly string[];
  readonly subresources: ReadonlyMap<string, Subresource<T>>;
  /** Custom resources are served as-is (items of lists carry kind and apiVersion, metadata is generic). */
  readonly custom: boolean;
  /** Set where `custom` is. */
  readonly customResource?: CustomResourceHooks;
}

/** Between a version and the one that is stored, where that takes asking somebody. */
export interface Conversion {
  /** A state as it is stored, in this version, with the fields that this version selects by. @throws StatusError 500 */
  read(stored: Selectable): Promise<Selectable>;
  /** All at once. @throws StatusError 500 */
  readAll(stored: readonly Selectable[]): Promise<readonly Selectable[]>;
  /** An object of this version as it is to be stored. @throws StatusError 500 */
  toStorage(object: KubeObject): Promise<KubeObject>;
}

/** What one version of a custom resource does in its own way. Made from its definition (server/extensions). */
export interface CustomResourceHooks {
  /**
   * Brings what a client sent or patched into form, in place: typed metadata, unknown fields and misplaced nulls out.
   * @param options.keepsNulls of what was applied
   * @returns upstream's texts about unknown fields if `wantsProblems`. @throws DecodeError
   */
  coerce(object: KubeObject, wantsProblems: boolean, options?: { readonly keepsNulls: boolean }): string[];
  /** A stored object, in whatever version it was stored, in this version: pruned and defaulted by its schema. In place. */
  fromStored(object: KubeObject): KubeObject;
  /** An object of this version as it is stored. Shares with it, and leaves it as it is. */
  toStored(object: KubeObject): KubeObject;
  /** Where a webhook converts: writes go through it, and the two above leave the version as it is. */
  readonly conversion?: Conversion;
  /** For field managers that used another version. @returns undefined when that is not served */
  convert(object: KubeObject, apiVersion: string): { object: KubeObject; schema: Schema } | undefined;
  /** Where `replicas` is in each version that has a scale subresource, by apiVersion. */
  readonly replicasPaths: Readonly<Record<string, readonly string[] | undefined>>;
  /** Of deprecated versions: for each answer. */
  readonly warning: string | undefined;
  /** Verbs that discovery tells, which are fewer once the definition is being deleted. */
  readonly discoveredVerbs: readonly string[];
}

/** Declares a kind; the registry compiles it (registry/kinds.ts). */
export function defineKind<T extends KubeObject>(definition: KindDefinition<T>): KindDefinition<T> {
  return definition;
}
