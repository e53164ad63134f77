import type { UserInfo } from "../auth/authenticator.ts";
import type { KubeObject } from "../meta/object.ts";
import type { FieldSelector, LabelSelector } from "../meta/selector.ts";
import type { Kind } from "./kind.ts";

/** An object as stored: encoded once in its storage version's JSON form (upstream's key order, no newline at the end). */
export interface Stored<T extends KubeObject = KubeObject> {
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  /** `{"kind":…,"apiVersion":…,"metadata":…}` with resourceVersion inside. Shared: never written to. */
  readonly json: Uint8Array;
  /** Parsed on demand, and shared: copy before change. */
  readonly object: Readonly<T>;
}

/** With what selectors look at. */
export interface Selectable extends Stored {
  readonly labels: Readonly<Record<string, string>>;
  /** Field labels to values. */
  readonly fields: Readonly<Record<string, string>>;
}

/** What every request to the registry carries. */
export interface RequestScope {
  readonly user: UserInfo;
  readonly now: Date;
  readonly dryRun: boolean;
  /** Name for managedFields: `fieldManager`, else the user agent's first word. */
  readonly fieldManager: string;
  /** The options object that admission sees (CreateOptions, …), with kind and apiVersion. */
  readonly options: Record<string, unknown>;
  readonly signal: AbortSignal;
  /** `update` or `patch`, say: what authorizers call the request. Absent in writes of the server itself. */
  readonly verb?: string;
  /** Version that the client speaks, where it is not the storage version. */
  readonly requestVersion?: { readonly group: string; readonly version: string };
  warn(message: string): void;
  /** Adds an annotation to the audit event. */
  annotate(key: string, value: string): void;
}

export interface ListRequest {
  /** Empty = all namespaces (or a cluster-scoped kind). */
  readonly namespace: string;
  readonly labelSelector: LabelSelector;
  readonly fieldSelector: FieldSelector;
  readonly limit: number;
  readonly continue: string;
  /** As sent: "" , "0" or a revision; already checked to be a number. */
  readonly resourceVersion: string;
  readonly resourceVersionMatch: "" | "Exact" | "NotOlderThan";
}

export interface ListResult {
  readonly items: readonly Stored[];
  readonly resourceVersion: string;
  readonly continue: string;
  readonly remainingItemCount: number | undefined;
}

export interface WatchRequest {
  readonly namespace: string;
  readonly labelSelector: LabelSelector;
  readonly fieldSelector: FieldSelector;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: "" | "Exact" | "NotOlderThan";
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  /** How long the client wants to watch; 0 or absent = it did not say. A last bookmark comes just before. */
  readonly timeoutSeconds?: number;
}

/** One event of a watch, already filtered: selectors that an object enters or leaves turn into ADDED and DELETED. */
export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly stored: Stored }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string; readonly initialEventsEnd: boolean };

export interface WatchSink {
  /** @returns false when the client's buffer is full: the watch is then ended. */
  send(event: WatchEvent): boolean;
  end(error?: Error): void;
  /**
   * Asked before what is sent of the past, which can wait: resolves when the client has taken enough of what it was
   * sent. undefined: there is room now.
   */
  room?(): Promise<void> | undefined;
  /** What sinks of watches that are alike have in common. Absent: this one is sent each event by itself. */
  readonly group?: WatchGroup | undefined;
}

/** How a sink takes part in an audience. */
export interface WatchGroup {
  /** Sinks of the same form make the same bytes of an event. */
  readonly form: string;
  /** Joins an audience of this form, or begins one. What it was sent before comes first. */
  join(audience: Audience | undefined): Audience;
  leave(): void;
}

/** Sinks that are sent the same from now on. Those whose buffers are full end themselves. */
export interface Audience {
  send(event: WatchEvent): void;
}

export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** metav1.DeleteOptions, checked. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly orphanDependents?: boolean;
  readonly preconditions?: Preconditions;
  readonly dryRun?: readonly string[];
}

/**
 * All that handlers do with one resource: the generic registry (apiserver/pkg/registry/generic/registry/store.go), for
 * built-in kinds and custom resources alike. Objects passed in are decoded and defaulted, in the storage version;
 * everything from admission to storage happens in here. All methods throw StatusErrors.
 */
export interface ResourceStore {
  /** In the storage version. */
  readonly kind: Kind;
  get(namespace: string, name: string, resourceVersion: string, scope: RequestScope): Promise<Stored>;
  list(request: ListRequest, scope: RequestScope): Promise<ListResult>;
  /** @returns stops it. Initial events, then changes, then bookmarks; never blocks. @throws 410, 504 before the first event */
  watch(request: WatchRequest, sink: WatchSink): Promise<() => void>;
  create(namespace: string, object: KubeObject, scope: RequestScope): Promise<Stored>;
  /**
   * The one road of PUT, PATCH and apply, on the object or a subresource. `update` makes the new object from a private
   * copy of the current one (undefined when absent) and is called again when a race is lost.
   * @returns created: the object did not exist and the kind allows creating on update (or apply created it).
   */
  update(
    namespace: string,
    name: string,
    subresource: string,
    update: (current: KubeObject | undefined) => Promise<KubeObject> | KubeObject,
    options: {
      /** PATCH of apply type creates an absent object; PUT only where the kind allows it. */
      readonly forceAllowCreate: boolean;
      /** The uid that the caller's object names (PUT): 409 when the stored one has another. */
      readonly uid?: string;
      /** Decides managedFields: see meta/managed-fields. `apply` means that `update` did it itself. */
      readonly managedFields: "update" | "apply";
      /** A PATCH: of owner references that come twice clients are told once, after admission. */
      readonly patched?: boolean;
      /** `update` changes nothing of what it gets, and its answer shares nothing with it: no copy need be made. */
      readonly readsOnly?: boolean;
    },
    scope: RequestScope,
  ): Promise<{ stored: Stored; created: boolean }>;
  /** @returns the final object, and whether it is gone (else it waits for finalizers or its grace period). */
  delete(
    namespace: string,
    name: string,
    options: DeleteOptions,
    scope: RequestScope,
  ): Promise<{ stored: Stored; deleted: boolean }>;
  deleteCollection(request: ListRequest, options: DeleteOptions, scope: RequestScope): Promise<ListResult>;
  /** POST to a subresource that acts (binding, eviction, token). @param throughOther to the collection `bindings` */
  createSubresource(
    namespace: string,
    name: string,
    subresource: string,
    body: KubeObject,
    scope: RequestScope,
    throughOther?: boolean,
  ): Promise<KubeObject>;
}

/** Finds the store behind a resource: built-in kinds from the start, custom ones as CRDs come and go. */
export interface Registry {
  /** A served version of a resource. */
  lookup(
    group: string,
    version: string,
    resource: string,
  ): { readonly kind: Kind; readonly store: ResourceStore } | undefined;
  /** All that is served now, for discovery and OpenAPI; changes identity when something changes. */
  readonly kinds: readonly Kind[];
  /** Called after `kinds` changed. @returns unsubscribes. */
  onChange(listener: () => void): () => void;
}
