import { coerce, type Decoded, decodeJson, type FieldValidation } from "../../openapi/decode.ts";
import { DecodeError, type Node, parseTree } from "../../openapi/json-tree.ts";
import { decodeProtobuf } from "../../openapi/protobuf/codec.ts";
import type { Schema } from "../../openapi/schema.ts";
import { schemaForKind } from "../../openapi/types.ts";
import { badRequest, unsupportedMediaType } from "../meta/errors.ts";
import { goQuote } from "../meta/go-quote.ts";
import type { UnstructuredObject } from "../meta/object.ts";
import { PLAIN } from "./negotiate.ts";
import { apiVersionOf, type Expected, mistakeOf } from "./object-kind.ts";
import { jsonOfYaml, parseYaml } from "./parse-yaml.ts";

type Format = "json" | "yaml" | "protobuf";

/** What may follow a media type, as Go's mime package reads it; one semicolon may end it. */
const PARAMETERS = /^(?:\s*;\s*[^\s"(),/:;<=>?@[\\\]]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s"(),/:;<=>?@[\\\]]+))*\s*;?\s*$/;

/** @throws StatusError 415 */
export function bodyFormat(contentType: string | undefined): Format {
  if (!contentType) return "json";
  const semicolon = contentType.indexOf(";");
  if (semicolon >= 0 && !PARAMETERS.test(contentType.slice(semicolon))) throw unsupportedMediaType(PLAIN);
  switch ((semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()) {
    case "application/json":
      return "json";
    case "application/yaml":
      return "yaml";
    case "application/vnd.kubernetes.protobuf":
      return "protobuf";
    default:
      throw unsupportedMediaType(PLAIN);
  }
}

/**
 * A body as the object it must be, with kind and apiVersion filled in. Unknown and duplicate fields are warned of or
 * refused, as asked. (decoders of create.go and update.go, and transformDecodeError in rest.go)
 * @throws StatusError 400
 */
export function decodeBody(
  bytes: Uint8Array,
  format: Format,
  expected: Expected,
  validation: FieldValidation,
  warn: (message: string) => void,
): UnstructuredObject {
  let decoded: Decoded<UnstructuredObject>;
  try {
    decoded = decode(bytes, format, expected.schema, validation);
    if (expected.customResource) decoded = coerceCustom(decoded, bytes, expected, validation);
  } catch (error) {
    throw explain(error, bytes, format, expected);
  }
  const { value } = decoded;
  const said = { kind: value.kind ?? "", apiVersion: value.apiVersion ?? "" };
  const mistake = mistakeOf(said, expected);
  if (mistake?.about === "version") reportAsSaid(bytes, format, { expected, ...said }, validation, warn);
  checkKind(said, bytes, expected);
  report(decoded.problems, said.kind || expected.kind, expected, validation, warn);
  // A custom resource's kind is judged by its own validation.
  if (!expected.custom) value.kind = expected.kind;
  value.apiVersion = apiVersionOf(expected);
  return value;
}

/** Unstructured objects must name their kind, and are brought into form by their definition. @throws DecodeError */
function coerceCustom(
  { value, problems }: Decoded<UnstructuredObject>,
  bytes: Uint8Array,
  { customResource, kind }: Expected,
  validation: FieldValidation,
): Decoded<UnstructuredObject> {
  for (const field of ["kind", "apiVersion"] as const) {
    if (value[field] !== undefined && typeof value[field] !== "string") throw new DecodeError(`bad ${field}`);
  }
  if (!value.kind) {
    throw unrecognized(`Object 'Kind' is missing in '${Buffer.from(bytes).toString("utf8")}'`, bytes, { kind });
  }
  const unknown = customResource?.coerce(value, validation !== "Ignore") ?? [];
  return { value, problems: [...problems, ...unknown] };
}

function decode(bytes: Uint8Array, format: Format, schema: Schema, validation: FieldValidation) {
  if (format === "protobuf") return { value: decodeProtobuf(bytes, schema) as UnstructuredObject, problems: [] };
  if (format === "json") return decodeJson<UnstructuredObject>(bytes, schema, validation);
  const { value, duplicates } = parseYaml(bytes);
  if (typeof value !== "object" || Array.isArray(value)) throw new DecodeError(notAnObject(value));
  const decoded = coerce<UnstructuredObject>(value ?? {}, schema, validation);
  if (duplicates.length === 0 || validation === "Ignore") return decoded;
  const problems = validation === "Warn" ? duplicates : [`yaml: unmarshal errors:\n  ${duplicates.join("\n  ")}`];
  return { value: decoded.value, problems: [...problems, ...decoded.problems] };
}

/** Warns of what is wrong with the fields, or refuses it. @throws StatusError 400 */
function report(
  problems: readonly string[],
  kind: string,
  expected: Expected,
  validation: FieldValidation,
  warn: (message: string) => void,
): void {
  if (problems.length === 0 || validation === "Ignore") return;
  if (validation === "Strict") {
    throw cannotBeHandled(kind, expected.version, expected.kind, `strict decoding error: ${problems.join(", ")}`);
  }
  for (const problem of problems) warn(problem);
}

/** 400: what was read cannot be brought into the form that is wanted. */
export function cannotBeHandled(kind: string, version: string, wanted: string, message: string) {
  return badRequest(`${kind} in version ${goQuote(version)} cannot be handled as a ${wanted}: ${message}`);
}

function checkKind(said: { kind: string; apiVersion: string }, bytes: Uint8Array, expected: Expected): void {
  const mistake = mistakeOf(said, expected);
  if (mistake?.about === "text") throw unrecognized(mistake.text, bytes, expected);
  if (mistake?.about === "version") throw mismatch(mistake.said, apiVersionOf(expected));
  if (mistake) throw cannotBeHandled(mistake.actual, mistake.version, expected.kind, mistake.text);
}

/** A body of another version is read as that, and its fields are told of, before it is refused. */
function reportAsSaid(
  bytes: Uint8Array,
  format: Format,
  { expected, kind, apiVersion }: { expected: Expected; kind: string; apiVersion: string },
  validation: FieldValidation,
  warn: (message: string) => void,
): void {
  const slash = apiVersion.indexOf("/");
  const [group, version] = [apiVersion.slice(0, Math.max(slash, 0)), apiVersion.slice(slash + 1)];
  const schema = expected.custom ? undefined : schemaForKind(group, version, kind || expected.kind);
  if (!schema) return;
  const own = { ...expected, group, version, schema };
  try {
    const { problems } = decode(bytes, format, schema, validation);
    report(problems, kind || expected.kind, own, validation, warn);
  } catch (error) {
    throw explain(error, bytes, format, own);
  }
}

function mismatch(said: string, wanted: string) {
  return badRequest(`the API version in the data (${said}) does not match the expected API version (${wanted})`);
}

const VERSION_KIND =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function notAnObject(value: unknown): string {
  const type = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return `json: cannot unmarshal ${type} into Go value of type ${VERSION_KIND}`;
}

/** What was thrown by a codec, in the words of upstream's serializers. */
function explain(error: unknown, bytes: Uint8Array, format: Format, expected: Expected): unknown {
  if (!(error instanceof Error)) return error;
  const { message } = error;
  if (format !== "json") {
    if (format === "protobuf") return unrecognized(message, bytes, expected);
    const found = error instanceof DecodeError ? findKind(jsonOfYaml(bytes)) : { message };
    if (!("message" in found)) return cannotBeHandled(expected.kind, expected.version, expected.kind, message);
    const text =
      error instanceof DecodeError ? `couldn't get version/kind; json parse error: ${found.message}` : message;
    return unrecognized(text, bytes, expected);
  }
  if (!(error instanceof DecodeError)) return error;
  const found = findKind(bytes);
  if ("message" in found) {
    return unrecognized(`couldn't get version/kind; json parse error: ${found.message}`, bytes, expected);
  }
  try {
    checkKind(found, bytes, expected);
  } catch (wrongKind) {
    return wrongKind;
  }
  return cannotBeHandled(found.kind || expected.kind, expected.version, expected.kind, message);
}

/** Kind and apiVersion of a body that did not decode, or why not even they can be read. */
export function findKind(bytes: Uint8Array): { kind: string; apiVersion: string } | { message: string } {
  let tree: Node;
  try {
    tree = parseTree(bytes);
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) };
  }
  if (tree.kind === "null") return { kind: "", apiVersion: "" };
  if (tree.kind !== "object") {
    return { message: `json: cannot unmarshal ${tree.kind} into Go value of type ${VERSION_KIND}` };
  }
  const found = { kind: "", apiVersion: "" };
  for (const [key, node] of tree.entries) {
    if (key !== "kind" && key !== "apiVersion") continue;
    if (node.kind === "null") continue;
    if (node.kind !== "string") {
      return { message: `json: cannot unmarshal ${node.kind} into Go struct field .${key} of type string` };
    }
    found[key] = node.value;
  }
  return found;
}

function unrecognized(text: string, bytes: Uint8Array, { kind }: { kind: string }) {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${text} (${summary(bytes)})`);
}

/** The start of a body, in hex when it is not JSON. */
function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return "<empty>";
  const head = Buffer.from(bytes.subarray(0, 30));
  const more = bytes.length > 30 ? " ..." : "";
  return (bytes[0] === 0x7b ? head.toString("utf8") : head.toString("hex")) + more;
}
