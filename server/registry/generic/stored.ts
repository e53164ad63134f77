import { encodeSorted } from "../../../openapi/encode.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Change } from "../../storage/storage.ts";
import type { CustomResourceHooks, Kind } from "../kind.ts";
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
  readonly #kind: Kind;
  readonly #bytes: Uint8Array;
  #object: WeakRef<KubeObject> | undefined;
  #attributes: Attributes | undefined;

  constructor(kind: Kind, change: Pick<Change, "key" | "revision" | "createRevision" | "value">, object?: KubeObject) {
    this.#kind = kind;
    this.key = change.key;
    this.revision = change.revision;
    this.createRevision = change.createRevision;
    this.#bytes = change.value;
    if (!object) return;
    this.#object = new WeakRef(object);
    this.#attributes = attributesOf(kind, object);
  }

  get json(): Uint8Array {
    return this.#bytes;
  }

  get object(): Readonly<KubeObject> {
    const known = this.#object?.deref();
    if (known) return known;
    const object = this.parse();
    this.#object = new WeakRef(object);
    return object;
  }

  /** The object in its bytes. */
  protected parse(): KubeObject {
    return JSON.parse(decoder.decode(this.#bytes)) as KubeObject; // we wrote it
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

/**
 * A custom resource in one of its versions. Its definition may have changed since it was written, and it may have been
 * written in another version: what is served is made when first asked for.
 */
class StoredCustomResource extends StoredObject {
  readonly #hooks: CustomResourceHooks;
  #json: Uint8Array | undefined;

  constructor(kind: Kind, hooks: CustomResourceHooks, change: Change, object?: KubeObject) {
    super(kind, change, object);
    this.#hooks = hooks;
  }

  override get json(): Uint8Array {
    this.#json ??= this.#encode();
    return this.#json;
  }

  protected override parse(): KubeObject {
    return this.#hooks.fromStored(super.parse());
  }

  /** Mostly what is stored, and then the memory is shared. */
  #encode(): Uint8Array {
    const bytes = Buffer.from(encodeSorted(this.object));
    return bytes.equals(super.json) ? super.json : bytes;
  }
}

// By the bytes, which the storage shares between its cache and its history: one Stored for one state of a key, so that
// whoever encodes it (for a list, a watcher) can remember the result under it.
type KnownObjects = WeakMap<Uint8Array, StoredObject>;
const known: KnownObjects = new WeakMap();
/** Custom resources look different in each version, and with each change of their definition. */
const knownByKind = new WeakMap<Kind, KnownObjects>();

function knownOf(kind: Kind): KnownObjects {
  if (!kind.customResource) return known;
  let own = knownByKind.get(kind);
  if (!own) {
    own = new WeakMap();
    knownByKind.set(kind, own);
  }
  return own;
}

/** Objects on their way into storage, by their bytes: watchers hear of them before their writer does. */
const beingWritten = new WeakMap<Uint8Array, KubeObject>();

/** Lets `storedOf` find the parsed form of bytes that are being written. @returns forgets it */
export function rememberWritten(bytes: Uint8Array, object: KubeObject): () => void {
  beingWritten.set(bytes, object);
  return () => beingWritten.delete(bytes);
}

/** The Stored of a state. Always the same one while it is in use. @param given its parsed form, when at hand */
export function storedOf(kind: Kind, change: Change, given?: KubeObject): StoredObject {
  const objects = knownOf(kind);
  let stored = objects.get(change.value);
  if (!stored) {
    const object = given ?? beingWritten.get(change.value);
    const hooks = kind.customResource;
    // What another version knows besides was not stored.
    const asStored = hooks && kind.version !== kind.definition.version ? undefined : object;
    stored = hooks ? new StoredCustomResource(kind, hooks, change, asStored) : new StoredObject(kind, change, object);
    objects.set(change.value, stored);
  }
  return stored;
}
