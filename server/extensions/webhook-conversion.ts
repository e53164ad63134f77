import { encodeSorted } from "../../openapi/encode.ts";
import { deepCopy } from "../meta/equality.ts";
import type { KubeObject } from "../meta/object.ts";
import { StoredObject } from "../registry/generic/stored.ts";
import type { Conversion, Kind } from "../registry/kind.ts";
import type { Selectable } from "../registry/store.ts";

/** Brings objects into a version. @throws StatusError 500 */
export type Convert = (objects: readonly KubeObject[], apiVersion: string) => Promise<KubeObject[]>;

/** Between a version and the one that is stored, through a webhook. */
export class WebhookConversion implements Conversion {
  readonly #kind: Kind;
  readonly #storage: Kind;
  readonly #convert: Convert;
  readonly #apiVersion: string;
  readonly #storedVersion: string;
  /** One conversion for one state of an object, however many look at it. */
  readonly #converted = new WeakMap<Selectable, Promise<Selectable>>();

  constructor(kind: Kind, storage: Kind, convert: Convert) {
    this.#kind = kind;
    this.#storage = storage;
    this.#convert = convert;
    this.#apiVersion = `${kind.group}/${kind.version}`;
    this.#storedVersion = `${storage.group}/${storage.version}`;
  }

  read(stored: Selectable): Promise<Selectable> {
    if (stored.object.apiVersion === this.#apiVersion) return Promise.resolve(stored);
    let converted = this.#converted.get(stored);
    if (!converted) {
      converted = this.#finish([stored.object]).then(([object]) =>
        this.#asStored(stored, object ?? deepCopy(stored.object)),
      );
      this.#converted.set(stored, converted);
      // A webhook that failed is asked again.
      converted.catch(() => this.#converted.delete(stored));
    }
    return converted;
  }

  /** All that need it in one request. @throws StatusError 500 */
  async readAll(items: readonly Selectable[]): Promise<readonly Selectable[]> {
    const wrong = items.filter(({ object }) => object.apiVersion !== this.#apiVersion);
    if (wrong.length === 0) return items;
    const objects = await this.#finish(wrong.map(({ object }) => object));
    const byStored = new Map(
      wrong.map((stored, index) => [stored, this.#asStored(stored, objects[index] ?? stored.object)]),
    );
    return items.map((stored) => byStored.get(stored) ?? stored);
  }

  async toStorage(object: KubeObject): Promise<KubeObject> {
    if (object.apiVersion === this.#storedVersion) return object;
    const [converted] = await this.#convert([object], this.#storedVersion);
    return converted ? (this.#storage.customResource?.fromStored(converted) ?? converted) : object;
  }

  /** Converted, pruned and defaulted. */
  async #finish(objects: readonly Readonly<KubeObject>[]): Promise<KubeObject[]> {
    const converted = await this.#convert(objects, this.#apiVersion);
    return converted.map((object) => this.#kind.customResource?.fromStored(object) ?? object);
  }

  /** Selected by what it is in this version. */
  #asStored({ key, revision, createRevision }: Selectable, object: KubeObject): Selectable {
    const value = Buffer.from(encodeSorted(object));
    return new StoredObject(this.#kind, { key, revision, createRevision, value }, object);
  }
}
