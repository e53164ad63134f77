import { type ApiObject, apiVersionOf, type ObjectOf, parseResource, pathOf } from "./resource.ts";
import type { Transport } from "./transport.ts";

/** Content types of the three patch languages; apply is a fourth verb of its own. */
export type PatchType = "merge" | "strategic" | "json" | "apply";

const PATCH_CONTENT: Record<PatchType, string> = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
};

/** Names one object. Leave the namespace out for cluster-scoped resources. */
export interface Where {
  name: string;
  namespace?: string;
  subresource?: string;
}

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
}

export interface DeleteOptions {
  uid?: string;
  resourceVersion?: string;
  gracePeriodSeconds?: number;
  propagationPolicy?: "Background" | "Foreground" | "Orphan";
  /** Nobody looks at what is answered, which saves reading it. */
  ignoresAnswer?: boolean;
}

export interface PatchOptions {
  type: PatchType;
  fieldManager?: string;
  force?: boolean;
}

/** A list as the server sent it. */
export interface ListOf<T> {
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

/**
 * Thin typed client for any resource, named as `apps/v1/deployments`. Wire JSON in and out.
 * Every method throws ApiError when the server refuses.
 */
export interface Client {
  readonly transport: Transport;
  get<R extends string>(resource: R, where: Where): Promise<ObjectOf<R>>;
  list<R extends string>(resource: R, options?: ListOptions): Promise<ListOf<ObjectOf<R>>>;
  /** What the server fills in, such as `status`, may be left out. */
  create<R extends string>(resource: R, object: ApiObject & Partial<ObjectOf<R>>): Promise<ObjectOf<R>>;
  /** PUT; with `metadata.resourceVersion` set it fails with a Conflict when the object has changed. */
  update<R extends string>(resource: R, object: ObjectOf<R>): Promise<ObjectOf<R>>;
  updateStatus<R extends string>(resource: R, object: ObjectOf<R>): Promise<ObjectOf<R>>;
  /** PUT of a subresource such as `scale`, `ephemeralcontainers`, `approval`. */
  updateSubresource(resource: string, where: Where, body: unknown): Promise<unknown>;
  patch<R extends string>(resource: R, where: Where, patch: unknown, options: PatchOptions): Promise<ObjectOf<R>>;
  /** Strategic merge patch of the status. What is answered is not looked at, which saves reading it. */
  patchStatus(resource: string, where: Where, patch: unknown): Promise<void>;
  /** Answers the object while it is being deleted gracefully, else a Status. */
  delete(resource: string, where: Where, options?: DeleteOptions): Promise<unknown>;
  deleteCollection(resource: string, options: ListOptions & DeleteOptions): Promise<void>;
  /** POST to a subresource such as `binding`, `eviction`, `token`. */
  post(resource: string, where: Where, body: unknown): Promise<unknown>;
}

/** Makes a client of a transport; closing the transport is the caller's. */
export function createClient(transport: Transport): Client {
  const named = (resource: string, object: ApiObject, subresource?: string): string =>
    pathOf(resource, { namespace: object.metadata.namespace, name: object.metadata.name, subresource });
  // What the server answers to a typed request is of that type: the one place where wire JSON gets its name.
  const send = async <T>(request: Parameters<Transport["request"]>[0]): Promise<T> =>
    (await transport.request(request)) as T;
  return {
    transport,
    get: (resource, where) => send({ method: "GET", path: pathOf(resource, where) }),
    async list<R extends string>(resource: R, { namespace, ...query }: ListOptions = {}) {
      const list = await send<ListOf<ObjectOf<R>>>({
        method: "GET",
        path: pathOf(resource, { namespace }),
        query: { ...query },
      });
      return { ...list, items: withType(resource, list.items ?? [], kindOfList(list)) };
    },
    create: (resource, object) =>
      send({ method: "POST", path: pathOf(resource, { namespace: object.metadata.namespace }), body: object }),
    update: (resource, object) => send({ method: "PUT", path: named(resource, object), body: object }),
    updateStatus: (resource, object) => send({ method: "PUT", path: named(resource, object, "status"), body: object }),
    updateSubresource: (resource, where, body) => send({ method: "PUT", path: pathOf(resource, where), body }),
    patch: (resource, where, patch, { type, fieldManager, force }) =>
      send({
        method: "PATCH",
        path: pathOf(resource, where),
        query: { fieldManager, force },
        contentType: PATCH_CONTENT[type],
        body: patch,
      }),
    patchStatus: (resource, where, patch) =>
      send({
        method: "PATCH",
        path: pathOf(resource, { ...where, subresource: "status" }),
        contentType: PATCH_CONTENT.strategic,
        body: patch,
        ignoresAnswer: true,
      }),
    delete: (resource, where, { ignoresAnswer, ...options } = {}) =>
      send({
        method: "DELETE",
        path: pathOf(resource, where),
        body: deleteBody(options),
        ...(ignoresAnswer && { ignoresAnswer }),
      }),
    deleteCollection: (resource, { namespace, labelSelector, fieldSelector, ...options }) =>
      send({
        method: "DELETE",
        path: pathOf(resource, { namespace }),
        query: { labelSelector, fieldSelector },
        body: deleteBody(options),
        ignoresAnswer: true,
      }),
    post: (resource, where, body) => send({ method: "POST", path: pathOf(resource, where), body }),
  };
}

function deleteBody({ uid, resourceVersion, gracePeriodSeconds, propagationPolicy }: DeleteOptions): unknown {
  return {
    kind: "DeleteOptions",
    apiVersion: "v1",
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(propagationPolicy && { propagationPolicy }),
    ...((uid || resourceVersion) && {
      preconditions: { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) },
    }),
  };
}

function kindOfList(list: unknown): string {
  const kind = typeof list === "object" && list !== null && "kind" in list ? String(list.kind) : "";
  return kind.endsWith("List") ? kind.slice(0, -"List".length) : "";
}

/** Items of a list come without apiVersion and kind; watch events have them, and so shall all objects. */
export function withType<T extends ApiObject>(resource: string, items: readonly T[], kind: string): T[] {
  const apiVersion = apiVersionOf(parseResource(resource));
  return items.map((item) => (item.kind || !kind ? item : { apiVersion, kind, ...item }));
}
