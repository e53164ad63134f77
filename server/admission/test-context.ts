import { deepCopy } from "../meta/equality.ts";
import { conflict, type GroupResource, notFound } from "../meta/errors.ts";
import type { KubeObject } from "../meta/object.ts";
import type { AdmissionAttributes, AdmissionContext, ObjectReader, ObjectWriter } from "./plugin.ts";

/** Objects for tests: reads and writes as the registry does, with resource versions that count up. */
export class TestObjects implements ObjectReader, ObjectWriter {
  readonly #objects = new Map<string, KubeObject>();
  #version = 0;
  /** Called before each write is compared: where tests slip in a write of their own. */
  beforeWrite: (() => void) | undefined;
  writes = 0;

  set(resource: string, object: KubeObject): void {
    const copy = deepCopy(object);
    copy.metadata.resourceVersion = String(++this.#version);
    this.#objects.set(keyOf(resource, copy.metadata.namespace ?? "", copy.metadata.name ?? ""), copy);
  }

  // The casts: callers name the type they expect.
  get<T extends KubeObject>({ resource }: GroupResource, namespace: string, name: string): T | undefined {
    return this.#objects.get(keyOf(resource, namespace, name)) as T | undefined;
  }

  list<T extends KubeObject>({ resource }: GroupResource, namespace: string): T[] {
    const prefix = keyOf(resource, namespace, "");
    return [...this.#objects].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object as T);
  }

  async create({ resource }: GroupResource, object: KubeObject): Promise<KubeObject> {
    this.set(resource, object);
    return object;
  }

  async update<T extends KubeObject>(
    resource: GroupResource,
    namespace: string,
    name: string,
    change: (current: T) => T | undefined,
  ): Promise<T> {
    await Promise.resolve();
    this.beforeWrite?.();
    const current = this.get<T>(resource, namespace, name);
    if (!current) throw notFound(resource, name);
    const next = change(deepCopy(current));
    if (!next) return current;
    if (next.metadata.resourceVersion !== current.metadata.resourceVersion) throw conflict(resource, name, "changed");
    this.writes++;
    this.set(resource.resource, next);
    return next;
  }
}

function keyOf(resource: string, namespace: string, name: string): string {
  return `${resource}/${namespace}/${name}`;
}

/** A context over these objects. Nobody may do anything, unless `more` says otherwise. */
export function testContext(objects: TestObjects, more: Partial<AdmissionContext> = {}): AdmissionContext {
  return {
    reader: objects,
    writer: objects,
    authorizer: { name: "none", authorize: () => ({ decision: "no-opinion", reason: "" }) },
    now: () => new Date("2026-03-04T05:06:07Z"),
    random: () => 0,
    sleep: async () => undefined,
    certificateSubject: () => ({ commonName: "", organizations: [] }),
    resourcesOf: () => [],
    ...more,
  };
}

/** A request to create a Pod `p` in `ns`, unless `more` says otherwise; collects warnings and annotations. */
export function testAttributes<T extends KubeObject>(more: Partial<AdmissionAttributes<T>>) {
  const warnings: string[] = [];
  const annotations: Record<string, string> = {};
  const attributes: AdmissionAttributes<T> = {
    operation: "CREATE",
    group: "",
    version: "v1",
    resource: "pods",
    subresource: "",
    kind: { group: "", version: "v1", kind: "Pod" },
    namespace: "ns",
    name: "p",
    object: undefined,
    oldObject: undefined,
    options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
    dryRun: false,
    user: { name: "jane", groups: ["system:authenticated"] },
    warn: (message) => warnings.push(message),
    annotate(key, value) {
      annotations[key] = value;
    },
    ...more,
  };
  return { attributes, warnings, annotations };
}

/** What is thrown, in one line; "" when nothing is. */
export async function messageOf(run: () => unknown): Promise<string> {
  try {
    await run();
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
