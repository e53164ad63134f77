import { coerce } from "../../openapi/decode.ts";
import { encodeAny } from "../../openapi/encode.ts";
import { encodeProtobuf } from "../../openapi/protobuf/codec.ts";
import { schemaOf } from "../../openapi/types.ts";
import type { StatusError } from "../meta/errors.ts";
import type { KubeObject } from "../meta/object.ts";
import type { Kind } from "../registry/kind.ts";
import type { Stored, WatchEvent } from "../registry/store.ts";
import { encodeObject, jsonOf, type Output, protobufOf, row, storedPartial, table } from "./encode.ts";
import { statusOf } from "./errors.ts";
import { apiVersionOf } from "./object-kind.ts";
import { partial } from "./partial-metadata.ts";
import { protobufFrame } from "./protobuf-frame.ts";
import { columnDefinitions } from "./table.ts";

const STATUS = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
const TAIL = Buffer.from("}\n");
const HEADS = Object.fromEntries(
  ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"].map((type) => [
    type,
    Buffer.from(`{"type":"${type}","object":`),
  ]),
);

/**
 * The bytes of events that were sent a moment ago. All watchers of a change are served one after the other, so a short
 * memory is enough to encode it once for them all; a long one would hold every object twice.
 */
const MAX_SHARED_BYTES = 8 * 1024 * 1024;
const recent = new Map<Stored, Map<string, Buffer>>();
let sharedBytes = 0;

function shared(stored: Stored, key: string, encode: () => Buffer): Buffer {
  let forms = recent.get(stored);
  const known = forms?.get(key);
  if (known) return known;
  const bytes = encode();
  if (!forms) {
    forms = new Map();
    recent.set(stored, forms);
  }
  forms.set(key, bytes);
  sharedBytes += bytes.length;
  while (sharedBytes > MAX_SHARED_BYTES && recent.size > 1) forgetOldest();
  return bytes;
}

function forgetOldest(): void {
  for (const [stored, forms] of recent) {
    for (const form of forms.values()) sharedBytes -= form.length;
    recent.delete(stored);
    return;
  }
}

/** Turns the events of one watch into frames. (handlers/response.go watchEncoder) */
export class EventEncoder {
  readonly #output: Output;
  readonly #framed: boolean;
  readonly #key: string;
  /** Encoders of the same form make the same of an event. Absent: of Tables, whose ages and first rows differ. */
  readonly form: string | undefined;
  #headers = true;

  /** @param framed protobuf events are preceded by their length: always, but over WebSocket. */
  constructor(output: Output, framed: boolean) {
    const { kind, media } = output;
    this.#output = output;
    this.#framed = framed;
    this.#key = `${media.format} ${framed} ${apiVersionOf(kind)} ${media.convert?.kind ?? ""} ${media.convert?.version ?? ""}`;
    this.form = media.convert?.kind === "Table" ? undefined : this.#key;
  }

  event(event: WatchEvent): Buffer {
    if (event.type === "BOOKMARK") return this.#bookmark(event.resourceVersion, event.initialEventsEnd);
    const { stored, type } = event;
    const { media, kind } = this.#output;
    if (media.convert?.kind === "PartialObjectMetadataList") throw new Error("an event is not a list");
    // Ages and the first row's headers differ from watcher to watcher.
    if (media.convert?.kind === "Table") return this.#json(type, Buffer.from(this.#table(stored)));
    return shared(stored, `${type} ${this.#key}`, () => {
      const isPartial = media.convert?.kind === "PartialObjectMetadata";
      const isProtobuf = media.format === "protobuf";
      if (isPartial) return this.#bytes(type, storedPartial(stored, this.#output), isProtobuf);
      return this.#bytes(type, isProtobuf ? protobufOf(stored, kind) : jsonOf(stored, kind), isProtobuf);
    });
  }

  error(error: StatusError): Buffer {
    const status = statusOf(error);
    const json = this.#output.media.format === "json";
    return this.#frame("ERROR", json ? encodeAny(status) : encodeProtobuf(status, schemaOf(STATUS)));
  }

  #table(stored: Stored): string {
    const { resourceVersion } = stored.object.metadata;
    const text = table([stored], { ...(resourceVersion && { resourceVersion }) }, this.#output, this.#headers);
    this.#headers = false;
    return text;
  }

  #bookmark(resourceVersion: string, initialEventsEnd: boolean): Buffer {
    const { kind, media } = this.#output;
    const object = emptyObject(kind, {
      resourceVersion,
      ...(initialEventsEnd && { annotations: { "k8s.io/initial-events-end": "true" } }),
    });
    switch (media.convert?.kind) {
      case "PartialObjectMetadata":
        return this.#frame("BOOKMARK", partial(object, kind, media));
      case "Table": {
        const apiVersion = `${media.convert.group}/${media.convert.version}`;
        // What ends the initial events is told even to those who want no objects.
        const include = initialEventsEnd && this.#output.include === "None" ? "Metadata" : this.#output.include;
        const shown = { json: () => encodeObject(object, kind), partial: () => partial(object, kind, media) };
        const cells = row(object, shown, { ...this.#output, include });
        const head = `{"kind":"Table","apiVersion":"${apiVersion}","metadata":${encodeAny({ resourceVersion })}`;
        const columns = this.#headers ? encodeAny(columnDefinitions(kind)) : "null";
        this.#headers = false;
        return this.#json("BOOKMARK", Buffer.from(`${head},"columnDefinitions":${columns},"rows":[${cells}]}`));
      }
      default:
        if (media.format === "json") return this.#json("BOOKMARK", Buffer.from(encodeObject(object, kind)));
        return this.#frame("BOOKMARK", encodeProtobuf(object, kind.schema));
    }
  }

  #frame(type: WatchEvent["type"] | "ERROR", object: string | Uint8Array): Buffer {
    if (typeof object === "string") return this.#json(type, Buffer.from(object));
    return this.#bytes(type, object, true);
  }

  #bytes(type: WatchEvent["type"] | "ERROR", object: Uint8Array, isProtobuf: boolean): Buffer {
    return isProtobuf ? protobufFrame(type, object, this.#framed) : this.#json(type, object);
  }

  #json(type: string, object: Uint8Array): Buffer {
    const head = HEADS[type]!;
    const bytes = Buffer.allocUnsafe(head.length + object.length + TAIL.length);
    head.copy(bytes);
    bytes.set(object, head.length);
    TAIL.copy(bytes, head.length + object.length);
    return bytes;
  }
}

function emptyObject(kind: Kind, metadata: KubeObject["metadata"]): KubeObject {
  const object = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata };
  if (kind.custom) return object;
  const { annotations, ...more } = kind.definition.zeroValue ?? {};
  if (annotations) object.metadata = { ...metadata, annotations: { ...annotations, ...metadata.annotations } };
  Object.assign(object, more);
  return coerce<Record<string, unknown> & KubeObject>(object, kind.schema, "Ignore").value;
}
