import { encodeSorted } from "../../../openapi/encode.ts";
import { parseJson } from "../../../openapi/exact-json.ts";
import { memberName, memberOf } from "../../../openapi/json-member.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Change } from "../../storage/storage.ts";
import type { CustomResourceHooks, Kind } from "../kind.ts";
import type { Selectable } from "../store.ts";
import { type Parsed, ParsedObjects } from "./parsed-objects.ts";

const NO_LABELS: Readonly<Record<string, string>> = {};
const LABELS = [memberName("metadata"), memberName("labels")];
const MANAGED_FIELDS = [memberName("metadata"), memberName("managedFields")];
const decoder = new TextDecoder();
/** Of all stores: what is parsed is parsed for whoever asks. */
const parsedObjects = new ParsedObjects();

/**
 * An object as stored. Its JSON is kept; the parsed form only as long as someone uses it, since a cluster's objects
 * take several times the memory parsed.
 */
export class StoredObject implements Selectable, Parsed {
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  readonly #kind: Kind;
  readonly #bytes: Uint8Array;
  #object: KubeObject | undefined;
  /** See Parsed. */
  isWanted = false;
  /** What selectors look at. Kept apart from the object, which may be dropped from memory. */
  #labels: Selectable["labels"] | undefined;
  #fields: Selectable["fields"] | undefined;

  constructor(kind: Kind, change: Pick<Change, "key" | "revision" | "createRevision" | "value">, object?: KubeObject) {
    this.#kind = kind;
    this.key = change.key;
    this.revision = change.revision;
    this.createRevision = change.createRevision;
    this.#bytes = change.value;
    if (!object) return;
    this.#keep(object);
    this.#labels = object.metadata.labels ?? NO_LABELS;
    this.#fields = fieldsOf(kind, object);
  }

  get json(): Uint8Array {
    return this.#bytes;
  }

  get object(): Readonly<KubeObject> {
    if (!this.#object) return this.#keep(this.parse());
    this.isWanted = true;
    return this.#object;
  }

  /** See Parsed. */
  get size(): number {
    return this.#bytes.length;
  }

  /** See Parsed. */
  forget(): void {
    this.#object = undefined;
  }

  #keep(object: KubeObject): KubeObject {
    this.#object = object;
    parsedObjects.add(this);
    return object;
  }

  /** The object in its bytes. */
  protected parse(): KubeObject {
    return parseJson(decoder.decode(this.#bytes)) as KubeObject; // we wrote it
  }

  /** Labels, for label selectors. */
  get labels(): Selectable["labels"] {
    this.#labels ??= this.#object?.metadata.labels ?? this.readLabels() ?? NO_LABELS;
    return this.#labels;
  }

  /** Field labels to values, for field selectors. */
  get fields(): Selectable["fields"] {
    this.#fields ??= fieldsOf(this.#kind, this.#object ?? this.parseForFields());
    return this.#fields;
  }

  /** All that fields are in. Nobody selects by managed fields, which are nearly half of most objects. */
  protected parseForFields(): KubeObject {
    const bytes = this.#bytes;
    const managed = memberOf(bytes, MANAGED_FIELDS);
    if (!managed) return this.parse();
    const from = managed.byteOffset - bytes.byteOffset;
    const before = decoder.decode(bytes.subarray(0, from));
    const after = decoder.decode(bytes.subarray(from + managed.length));
    return parseJson(`${before}null${after}`) as KubeObject; // we wrote it
  }

  /** The labels in its bytes. */
  protected readLabels(): Selectable["labels"] | undefined {
    const bytes = memberOf(this.#bytes, LABELS);
    return bytes && ((parseJson(decoder.decode(bytes)) as Selectable["labels"] | null) ?? undefined); // we wrote it
  }
}

function fieldsOf(kind: Kind, object: KubeObject): Selectable["fields"] {
  const { name = "", namespace = "" } = object.metadata;
  const fields = { "metadata.name": name, "metadata.namespace": namespace };
  const own = kind.definition.selectableFields?.(object);
  return own ? Object.assign(fields, own) : fields;
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

  protected override parseForFields(): KubeObject {
    return this.object;
  }

  protected override readLabels(): Selectable["labels"] | undefined {
    return this.object.metadata.labels;
  }

  /** Mostly what is stored, and then the memory is shared. */
  #encode(): Uint8Array {
    const bytes = Buffer.from(encodeSorted(this.object));
    return bytes.equals(super.json) ? super.json : bytes;
  }
}

/**
 * What is known of the bytes of an object. Kept on the bytes themselves, which the storage shares between its cache and
 * its history: one Stored for one state of a key, so that whoever encodes it (for a list, a watcher) can remember the
 * result under it. A WeakMap of all of them would cost each garbage collection a look at every object there is.
 */
interface ObjectBytes extends Uint8Array {
  [STORED]?: StoredObject | undefined;
  /** The parsed form while it is being written: watchers hear of it before their writer does. */
  [WRITTEN]?: KubeObject | undefined;
}
const STORED = Symbol("stored");
const WRITTEN = Symbol("written");

/** Custom resources look different in each version, and with each change of their definition. */
const customObjects = new WeakMap<Kind, WeakMap<Uint8Array, StoredObject>>();

/** Lets `storedOf` find the parsed form of bytes that are being written. @returns forgets it */
export function rememberWritten(bytes: Uint8Array, object: KubeObject): () => void {
  const own = bytes as ObjectBytes; // any bytes may carry it
  own[WRITTEN] = object;
  return () => {
    own[WRITTEN] = undefined;
  };
}

/** The Stored of a state. Always the same one while it is in use. @param given its parsed form, when at hand */
export function storedOf(kind: Kind, change: Change, given?: KubeObject): StoredObject {
  const bytes = change.value as ObjectBytes; // any bytes may carry it
  const hooks = kind.customResource;
  if (hooks) return storedCustomResource(kind, hooks, change, given ?? bytes[WRITTEN]);
  let stored = bytes[STORED];
  if (!stored) {
    stored = new StoredObject(kind, change, given ?? bytes[WRITTEN]);
    bytes[STORED] = stored;
  }
  return stored;
}

function storedCustomResource(
  kind: Kind,
  hooks: CustomResourceHooks,
  change: Change,
  object: KubeObject | undefined,
): StoredObject {
  let objects = customObjects.get(kind);
  if (!objects) {
    objects = new WeakMap();
    customObjects.set(kind, objects);
  }
  let stored = objects.get(change.value);
  if (!stored) {
    // What another version knows besides was not stored.
    const asStored = kind.version === kind.definition.version ? object : undefined;
    stored = new StoredCustomResource(kind, hooks, change, asStored);
    objects.set(change.value, stored);
  }
  return stored;
}
