import { encodeJson, encodeSorted } from "../../../openapi/encode.ts";
import { hasGivenEmpty } from "../../../openapi/given-empty.ts";
import { deepCopy } from "../../meta/equality.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Change } from "../../storage/storage.ts";
import type { Kind } from "../kind.ts";
import type { Selectable, Stored } from "../store.ts";
import type { StoreContext } from "./environment.ts";
import { lastState } from "./last-state.ts";
import { dropEmptyLists } from "./nil-lists.ts";
import { rememberWritten, type StoredObject, storedOf } from "./stored.ts";

const encoder = new TextEncoder();

/** Upstream keeps these as JSON. All others go through protobuf on their way into storage. */
const JSON_GROUPS = ["apiextensions.k8s.io", "apiregistration.k8s.io"];

/** The bytes of an object in its storage version. */
export function encodeObject(kind: Kind, object: KubeObject): Uint8Array {
  if (kind.custom) return encoder.encode(encodeSorted(kind.customResource?.toStored(object) ?? object));
  if (!JSON_GROUPS.includes(kind.group)) dropEmptyLists(object, kind.schema);
  return encoder.encode(encodeJson(object, kind.schema));
}

/**
 * Writes an object over the given revision (0 = it must not exist). The object belongs to the store from then on.
 * @returns undefined when the race is lost
 */
export async function putObject(
  context: StoreContext,
  key: string,
  object: KubeObject,
  expected: number,
): Promise<Stored | undefined> {
  const { storage, kind, clock, eventTtlSeconds } = context;
  const { ttlSeconds } = kind.definition;
  const expiresAt = ttlSeconds === undefined ? undefined : clock.now() + (eventTtlSeconds ?? ttlSeconds) * 1000;
  const { conversion } = kind.customResource ?? {};
  const form = conversion ? await conversion.toStorage(object) : object;
  const encode = withRevision(kind, form);
  const written = asRead(form);
  const { encodeOnce, forget } = remembering((revision) => [encode(revision), written]);
  try {
    const write = storage.put(key, encodeOnce, expected, expiresAt);
    const change = await observed(context, expected === 0 ? "create" : "update", write);
    return change && asServed(kind, storedOf(kind, change, written));
  } finally {
    forget();
  }
}

/** Until it is told to forget, what was encoded need not be parsed by those who hear of the write. */
function remembering(encode: (revision: number) => readonly [bytes: Uint8Array, object: KubeObject | undefined]) {
  let last: (() => void) | undefined;
  const forget = () => last?.();
  const encodeOnce = (revision: number) => {
    forget();
    const [bytes, object] = encode(revision);
    if (object) last = rememberWritten(bytes, object);
    return bytes;
  };
  return { encodeOnce, forget };
}

/** Deletes a state; watchers see it as the last one, at the revision of its end. @returns undefined when the race is lost */
export async function deleteObject(context: StoreContext, key: string, last: Stored): Promise<Stored | undefined> {
  const { storage, kind } = context;
  if (kind.custom) return deleteCustomObject(context, key, last);
  const { object } = last;
  const { encodeOnce, forget } = remembering((revision) => [
    lastState(last.json, last.revision, revision),
    { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } },
  ]);
  try {
    const change = await observed(context, "delete", storage.delete(key, encodeOnce, last.revision));
    return change && storedOf(kind, change);
  } finally {
    forget();
  }
}

async function deleteCustomObject(context: StoreContext, key: string, last: Stored): Promise<Stored | undefined> {
  const { storage, kind } = context;
  const { conversion } = kind.customResource ?? {};
  const object = deepCopy(last.object) as KubeObject; // ours to change
  const form = conversion ? await conversion.toStorage(object) : object;
  const change = await observed(context, "delete", storage.delete(key, withRevision(kind, form), last.revision));
  return change && asServed(kind, storedOf(kind, change, form));
}

/** Tells of a write when it is over. */
async function observed<T>(
  { observer, kind }: StoreContext,
  operation: "create" | "update" | "delete",
  write: Promise<T>,
): Promise<T> {
  if (!observer) return write;
  const started = performance.now();
  let failed = true;
  try {
    const change = await write;
    failed = false;
    return change;
  } finally {
    observer.wrote(kind, { operation, seconds: (performance.now() - started) / 1000, failed });
  }
}

/** A state in the version of the kind. @throws StatusError 500 */
export function asServed(kind: Kind, stored: Selectable): Selectable | Promise<Selectable> {
  return kind.customResource?.conversion?.read(stored) ?? stored;
}

/** States in the version of the kind. @throws StatusError 500 */
export function allAsServed(
  kind: Kind,
  stored: readonly Selectable[],
): readonly Selectable[] | Promise<readonly Selectable[]> {
  return kind.customResource?.conversion?.readAll(stored) ?? stored;
}

/** The answer to a dry run of a write: all that storing it would do to it. @throws StatusError 500 */
export async function rehearse(kind: Kind, key: string, object: KubeObject): Promise<Stored> {
  const form = (await kind.customResource?.conversion?.toStorage(object)) ?? object;
  return asServed(kind, dryRunObject(kind, key, form));
}

/** The object as a dry run answers it: encoded and read again, never stored. */
export function dryRunObject(kind: Kind, key: string, object: KubeObject): StoredObject {
  const value = encodeObject(kind, object);
  const change: Change = { type: "put", key, revision: 0, createRevision: 0, value };
  return storedOf(kind, change, asRead(object));
}

/** The object, if it is what its bytes are read as: what is remembered of a request is not stored. */
function asRead(object: KubeObject): KubeObject | undefined {
  return hasGivenEmpty(object) ? undefined : object;
}

function withRevision(kind: Kind, object: KubeObject): (revision: number) => Uint8Array {
  return (revision) => {
    object.metadata.resourceVersion = String(revision);
    return encodeObject(kind, object);
  };
}
