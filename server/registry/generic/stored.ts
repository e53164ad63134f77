import type { KubeObject } from "../../meta/object.ts";
import type { Change } from "../../storage/storage.ts";
import type { Kind } from "../kind.ts";
import type { Stored } from "../store.ts";

/** What selectors look at. Kept apart from the object, which may be dropped from memory. */
interface Attributes {
  readonly labels: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string>>;
}

const NO_LABELS: Readonly<Record<string, string>> = {};
const decoder = new TextDecoder();

/**
 * An object as stored. Its JSON is kept; the parsed form only as long as someone uses it, since a cluster's objects
 * take several times the memory parsed.
 */
export class StoredObject implements Stored {
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  readonly json: Uint8Array;
  readonly #kind: Kind;
  #object: WeakRef<KubeObject> | undefined;
  #attributes: Attributes | undefined;

  constructor(kind: Kind, change: Pick<Change, "key" | "revision" | "createRevision" | "value">, object?: KubeObject) {
    this.#kind = kind;
    this.key = change.key;
    this.revision = change.revision;
    this.createRevision = change.createRevision;
    this.json = change.value;
    if (!object) return;
    this.#object = new WeakRef(object);
    this.#attributes = attributesOf(kind, object);
  }

  get object(): Readonly<KubeObject> {
    const known = this.#object?.deref();
    if (known) return known;
    const object = JSON.parse(decoder.decode(this.json)) as KubeObject; // we wrote it
    this.#object = new WeakRef(object);
    return object;
  }

  /** Labels, for label selectors. */
  get labels(): Readonly<Record<string, string>> {
    return this.#read().labels;
  }

  /** Field labels to values, for field selectors. */
  get fields(): Readonly<Record<string, string>> {
    return this.#read().fields;
  }

  #read(): Attributes {
    this.#attributes ??= attributesOf(this.#kind, this.object);
    return this.#attributes;
  }
}

function attributesOf(kind: Kind, object: KubeObject): Attributes {
  const { name = "", namespace = "", labels = NO_LABELS } = object.metadata;
  const fields = { "metadata.name": name, "metadata.namespace": namespace };
  const own = kind.definition.selectableFields?.(object);
  return { labels, fields: own ? Object.assign(fields, own) : fields };
}

// By the bytes, which the storage shares between its cache and its history: one Stored for one state of a key, so that
// whoever encodes it (for a list, a watcher) can remember the result under it.
const known = new WeakMap<Uint8Array, StoredObject>();

/** The Stored of a state. Always the same one while it is in use. @param object its parsed form, when at hand */
export function storedOf(kind: Kind, change: Change, object?: KubeObject): StoredObject {
  let stored = known.get(change.value);
  if (!stored) {
    stored = new StoredObject(kind, change, object);
    known.set(change.value, stored);
  }
  return stored;
}
