import { encodeJson } from "../../openapi/encode.ts";
import { schemaForKind } from "../../openapi/types.ts";
import { deepCopy } from "../meta/equality.ts";
import { alreadyExists, notFound } from "../meta/errors.ts";
import type { KubeObject, UnstructuredObject } from "../meta/object.ts";
import type { Kind } from "../registry/kind.ts";
import type {
  Audience,
  ListResult,
  Registry,
  ResourceStore,
  Stored,
  WatchEvent,
  WatchSink,
} from "../registry/store.ts";
import { type App, createApp } from "./app.ts";
import { type AppOptions, DEFAULTS } from "./app-options.ts";

const RESOURCE = { group: "", resource: "configmaps" };
const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** ConfigMaps, as the registry would describe them. */
export function configMapKind(): Kind {
  const schema = schemaForKind("", "v1", "ConfigMap");
  if (!schema) throw new Error("no facts for ConfigMap");
  return {
    group: "",
    version: "v1",
    kind: "ConfigMap",
    listKind: "ConfigMapList",
    plural: "configmaps",
    singular: "configmap",
    namespaced: true,
    verbs: VERBS,
    shortNames: ["cm"],
    categories: [],
    storageVersionHash: "",
    storagePrefix: "/registry/configmaps/",
    schema,
    definition: { group: "", version: "v1", kind: "ConfigMap" },
    columns: [{ name: "Name", type: "string", format: "name", value: ({ metadata }) => metadata.name ?? "" }],
    fieldLabels: [],
    subresources: new Map(),
    custom: false,
  };
}

/** Objects in a Map: what handlers need of a store and no more. `hold` delays writes, to look at requests under way. */
export class FakeStore implements ResourceStore {
  readonly kind = configMapKind();
  readonly sinks = new Set<WatchSink>();
  hold: Promise<void> = Promise.resolve();
  /** Writes that are being delayed. */
  held = 0;
  readonly #objects = new Map<string, Stored>();
  /** By the form of their sinks, which are those that tell one. */
  readonly #audiences = new Map<string, Audience>();
  #revision = 0;

  async get(namespace: string, name: string): Promise<Stored> {
    const stored = this.#objects.get(`${namespace}/${name}`);
    if (!stored) throw notFound(RESOURCE, name);
    return stored;
  }

  async list({ namespace }: { namespace: string }): Promise<ListResult> {
    const items = [...this.#objects.values()].filter(({ key }) => !namespace || key.startsWith(`${namespace}/`));
    return { items, resourceVersion: String(this.#revision), continue: "", remainingItemCount: undefined };
  }

  async watch(_request: unknown, sink: WatchSink): Promise<() => void> {
    this.sinks.add(sink);
    for (const stored of this.#objects.values()) this.send({ type: "ADDED", stored }, sink);
    const { group } = sink;
    if (group) this.#audiences.set(group.form, group.join(this.#audiences.get(group.form)));
    return () => {
      this.sinks.delete(sink);
      group?.leave();
    };
  }

  async create(namespace: string, object: KubeObject): Promise<Stored> {
    this.held++;
    await this.hold;
    this.held--;
    const { name = "" } = object.metadata;
    if (this.#objects.has(`${namespace}/${name}`)) throw alreadyExists(RESOURCE, name);
    object.metadata.namespace = namespace;
    return this.#put(object, "ADDED");
  }

  async update(...[namespace, name, , change]: Parameters<ResourceStore["update"]>) {
    const current = this.#objects.get(`${namespace}/${name}`);
    if (!current) throw notFound(RESOURCE, name);
    const object = await change(deepCopy(current.object));
    return { stored: this.#put(object, "MODIFIED"), created: false };
  }

  async delete(namespace: string, name: string) {
    const stored = await this.get(namespace, name);
    this.#objects.delete(stored.key);
    this.publish({ type: "DELETED", stored });
    return { stored, deleted: true };
  }

  async deleteCollection({ namespace }: { namespace: string }): Promise<ListResult> {
    const result = await this.list({ namespace });
    for (const { key } of result.items) this.#objects.delete(key);
    return result;
  }

  async createSubresource(): Promise<KubeObject> {
    throw notFound(RESOURCE, "");
  }

  publish(event: WatchEvent): void {
    const isShared = event.type !== "BOOKMARK";
    if (isShared) for (const audience of this.#audiences.values()) audience.send(event);
    for (const sink of this.sinks) if (!isShared || !sink.group) this.send(event, sink);
  }

  send(event: WatchEvent, sink: WatchSink): void {
    if (sink.send(event)) return;
    this.sinks.delete(sink);
    sink.end();
  }

  #put(object: KubeObject, type: "ADDED" | "MODIFIED"): Stored {
    const revision = ++this.#revision;
    object.metadata.resourceVersion = String(revision);
    const { namespace, name } = object.metadata;
    const key = `${namespace}/${name}`;
    const json = Buffer.from(encodeJson(object, this.kind.schema));
    const stored = { key, revision, createRevision: revision, json, object: object as UnstructuredObject };
    this.#objects.set(key, stored);
    this.publish({ type, stored });
    return stored;
  }
}

/**
 * The real chain and handlers over a store of ConfigMaps: whoever `X-Test-User` names is let in ("bad" is a bad
 * credential), and the user "nobody" may do nothing.
 */
export function testApp(more: Partial<AppOptions> = {}): { app: App; store: FakeStore } {
  let ids = 0;
  const store = new FakeStore();
  const registry: Registry = {
    kinds: [store.kind],
    lookup: (group, version, resource) =>
      group === "" && version === "v1" && resource === "configmaps" ? { kind: store.kind, store } : undefined,
    onChange: () => () => {},
  };
  const app = createApp({
    ...DEFAULTS,
    registry,
    authenticator: {
      name: "test",
      authenticate({ headers }) {
        const name = String(headers["x-test-user"] ?? "admin");
        if (name === "bad") throw new Error("bad credential");
        return { user: { name, groups: name === "admin" ? ["system:masters"] : ["system:authenticated"] } };
      },
    },
    authorizer: {
      name: "test",
      authorize: ({ user }) => ({ decision: user.name === "nobody" ? "no-opinion" : "allow", reason: "" }),
    },
    now: () => new Date(),
    random: () => 0,
    newId: () => `id-${++ids}`,
    connectors: [],
    healthChecks: [{ name: "ping", on: ["healthz", "livez", "readyz"], check: () => {} }],
    serverAddress: () => "127.0.0.1:6443",
    routes: [],
    onPanic: () => {},
    ...more,
  });
  return { app, store };
}
