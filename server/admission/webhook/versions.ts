import { coerce } from "../../../openapi/decode.ts";
import { encodeAny, encodeJson } from "../../../openapi/encode.ts";
import type { Schema } from "../../../openapi/schema.ts";
import { schemaForKind } from "../../../openapi/types.ts";
import { deepCopy } from "../../meta/equality.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Kind } from "../../registry/kind.ts";
import type { AdmissionAttributes } from "../plugin.ts";

export interface KindVersion {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A resource as a webhook is told of it. */
export interface Invocation {
  readonly kind: KindVersion;
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
}

/** All versions, in whatever group, in which the objects of a resource are served. */
export type ServedVersions = (group: string, resource: string) => readonly Kind[];

/** The request in the words of the client. */
export function requestedBy(attributes: AdmissionAttributes, served: ServedVersions): Invocation {
  const { group, version, resource, requestVersion } = attributes;
  const own = { kind: attributes.kind, resource: { group, version, resource } };
  if (!requestVersion || (requestVersion.group === group && requestVersion.version === version)) return own;
  const kind = served(group, resource).find(
    (candidate) => candidate.group === requestVersion.group && candidate.version === requestVersion.version,
  );
  return kind ? invocationOf(kind, attributes) : own;
}

/** The same request in another version. A subresource with a kind of its own has the same one in all. */
export function invocationOf(kind: Kind, { group, version, kind: own }: AdmissionAttributes): Invocation {
  const isOwnKind = own.group === group && own.version === version;
  return {
    kind: isOwnKind ? { group: kind.group, version: kind.version, kind: kind.kind } : own,
    resource: { group: kind.group, version: kind.version, resource: kind.plural },
  };
}

/** Objects between the version inside and the one that a webhook wants. */
export class VersionedObject {
  readonly #kind: Kind | undefined;
  readonly #wanted: KindVersion;

  constructor(wanted: KindVersion, served: readonly Kind[]) {
    this.#wanted = wanted;
    this.#kind = served.find(
      ({ group, version, kind }) => group === wanted.group && version === wanted.version && kind === wanted.kind,
    );
  }

  /** A copy in the wanted version. */
  fromStorage(object: Readonly<KubeObject>): KubeObject {
    const copy = deepCopy(object) as KubeObject;
    const converted = this.#kind?.convert?.fromStorage(copy) ?? copy;
    return { ...converted, ...typeOf(this.#wanted) };
  }

  /** The text of an object in the wanted version. */
  encode(object: KubeObject): string {
    const { group, version, kind } = this.#wanted;
    const schema = this.#kind?.custom ? undefined : schemaForKind(group, version, kind);
    return schema ? encodeJson(object, schema) : encodeAny(object);
  }

  /**
   * A patched object back in the version inside, with defaults.
   * @param onProblems told of unknown fields, which are dropped. @throws DecodeError
   */
  toStorage(patched: unknown, onProblems?: (problems: readonly string[]) => void): KubeObject {
    const { group, version, kind } = this.#wanted;
    const schema = schemaForKind(group, version, kind);
    // The casts: what the webhook was sent was an object, and stays one.
    const served = this.#kind;
    const object = served?.custom
      ? coerceCustom(served, patched as KubeObject)
      : schema
        ? coerceTyped(patched, schema, onProblems)
        : (patched as KubeObject);
    if (!served) return object;
    if (!served.convert) {
      served.definition.defaults?.(object);
      return object;
    }
    served.convert.defaults?.(object);
    const { group: storageGroup, version: storageVersion, kind: storageKind } = served.definition;
    const stored = served.convert.toStorage(object);
    return { ...stored, ...typeOf({ group: storageGroup, version: storageVersion, kind: storageKind }) };
  }
}

function coerceTyped(patched: unknown, schema: Schema, onProblems?: (problems: readonly string[]) => void): KubeObject {
  const validation = onProblems ? "Strict" : "Ignore";
  const { value, problems } = coerce<KubeObject & Record<string, unknown>>(patched, schema, validation);
  if (problems.length > 0) onProblems?.(problems);
  return value;
}

/** Unknown fields of custom resources are dropped without a word. */
function coerceCustom(kind: Kind, patched: KubeObject): KubeObject {
  kind.customResource?.coerce(patched, false);
  return patched;
}

function typeOf({ group, version, kind }: KindVersion) {
  return { kind, apiVersion: group ? `${group}/${version}` : version };
}
