import { coerce, convert, type Decoded } from "../../../openapi/decode.ts";
import { DecodeError } from "../../../openapi/json-tree.ts";
import { deepCopy } from "../../meta/equality.ts";
import { invalid, notFound, StatusError, unsupportedMediaType } from "../../meta/errors.ts";
import { fieldInvalid } from "../../meta/field-error.ts";
import { goQuote } from "../../meta/go-quote.ts";
import type { KubeObject, UnstructuredObject } from "../../meta/object.ts";
import type { Kind } from "../../registry/kind.ts";
import { readBody } from "../body.ts";
import { encodeStored } from "../encode.ts";
import { routeError } from "../errors.ts";
import { apiVersionOf, conversionProblem, type Expected, kindProblem } from "../object-kind.ts";
import { sendObject } from "../respond.ts";
import { writeOptions } from "../write-options.ts";
import { applyFor } from "./apply.ts";
import { sendForm } from "./form.ts";
import { type Mechanism, mechanismFor, type Patched, type PatchType } from "./patch-mechanism.ts";
import {
  checkName,
  expectedOf,
  fromStorage,
  HandlerScope,
  negotiateItem,
  outputOf,
  type ResourceRequest,
  toStorage,
} from "./request.ts";

const TYPES: Readonly<Record<string, PatchType | "apply">> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};
const CUSTOM_TYPES = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];

/** PATCH of an object or a subresource, server-side apply included. (handlers/patch.go) */
export async function patch(request: ResourceRequest): Promise<void> {
  const { ctx, kind, store, namespace, name, subresource } = request;
  const type = patchType(request);
  const media = negotiateItem(request);
  const body = await readBody(ctx);
  const options = writeOptions(ctx.state.query, "PatchOptions", type === "apply");
  const { dryRun, fieldManager, fieldValidation } = options;
  const object = {
    kind: "UpdateOptions",
    apiVersion: "meta.k8s.io/v1",
    ...(dryRun && { dryRun: ["All"] }),
    ...(fieldManager && { fieldManager }),
    ...(fieldValidation !== "Warn" && { fieldValidation }),
  };
  const scope = new HandlerScope(ctx, { ...options, object });
  const change =
    type === "apply"
      ? applyFor(request, body, options, scope)
      : changeBy(request, () => mechanismFor(type, body, options), type, scope);
  const { stored, created } = await store.update(
    namespace,
    name,
    subresource?.name ?? "",
    change,
    {
      forceAllowCreate: type === "apply",
      managedFields: type === "apply" ? "apply" : "update",
      patched: true,
      // Patches change nothing, and what they leave alone is copied when the result is decoded; conversions may change.
      readsOnly: type !== "apply" && !kind.convert && !kind.custom,
    },
    scope,
  );
  const code = created ? 201 : 200;
  const read = subresource?.definition.read;
  if (read) return sendForm(request, media, read(stored.object), code);
  return sendObject(ctx, code, media.contentType, encodeStored(stored, outputOf(request, media)));
}

/** @throws StatusError 415: in the router's words for built-in kinds, which never come to a handler. */
function patchType({ ctx, kind }: ResourceRequest): PatchType | "apply" {
  const header = ctx.req.headers["content-type"] ?? "";
  const semicolon = header.indexOf(";");
  const type = TYPES[(semicolon < 0 ? header : header.slice(0, semicolon)).trim()];
  if (type && !(kind.custom && type === "strategic")) return type;
  throw kind.custom ? unsupportedMediaType(CUSTOM_TYPES) : routeError(415);
}

/**
 * The update of a patch that says what to do to the current object, whatever it is by then. What is wrong with the
 * patch comes out only where there is an object.
 */
function changeBy(request: ResourceRequest, read: () => Mechanism, type: PatchType, scope: HandlerScope) {
  const { kind, name, subresource } = request;
  const expected = expectedOf(request);
  const other = subresource?.definition.write !== undefined;
  let warned = false;
  let known: Mechanism | undefined;
  return (current: KubeObject | undefined): KubeObject => {
    if (!current) throw notFound({ group: kind.group, resource: kind.plural }, name);
    known ??= read();
    const mechanism = known;
    const patched = mechanism.apply(other ? current : fromStorage(kind, current), expected.schema);
    const unreadable = type === "strategic" || expected.custom ? undefined : kindProblem(patched.value, expected);
    if (unreadable) throw patchInvalid(patched.shown(), unreadable);
    const decoded = decodePatched(patched, mechanism, expected);
    const object = type === "strategic" || expected.custom ? decoded : named(patched.value, decoded);
    const conversion = type === "strategic" ? undefined : conversionProblem(object.value, expected);
    if (conversion) throw patchInvalid(patched.shown(), conversion);
    if (!expected.custom) object.value.kind = expected.kind;
    object.value.apiVersion = apiVersionOf(expected);
    // The converter of strategic merges finds unknown fields in a map's order, and sorts them.
    const found = type === "strategic" ? [...object.problems].sort() : object.problems;
    const problems = [...mechanism.problems, ...found];
    if (problems.length > 0 && mechanism.validation === "Strict") {
      throw patchInvalid(patched.shown(), `strict decoding error: ${problems.join(", ")}`);
    }
    if (problems.length > 0 && mechanism.validation === "Warn" && !warned)
      for (const text of problems) scope.warn(text);
    warned = true;
    checkName(request, object.value);
    return other ? object.value : patchedToStorage(kind, object.value, type, patched);
  };
}

/** @throws StatusError 422, or a plain error of 500 where the typed objects were merged */
function patchedToStorage(kind: Kind, object: KubeObject, type: PatchType, patched: Patched): KubeObject {
  try {
    return toStorage(kind, object);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw type === "strategic" ? new StatusError(500, "", error.message) : patchInvalid(patched.shown(), error.message);
  }
}

function decodePatched(
  patched: Patched,
  { validation }: Mechanism,
  { schema, customResource }: Expected,
): Decoded<UnstructuredObject> {
  try {
    const read = patched.explain ? convert : coerce;
    const decoded = read<UnstructuredObject>(patched.value, schema, validation);
    if (!customResource) return decoded;
    // What the patch left alone is shared with the stored object.
    const value = deepCopy(decoded.value);
    return { value, problems: [...decoded.problems, ...customResource.coerce(value, validation !== "Ignore")] };
  } catch (error) {
    if (error instanceof DecodeError)
      throw patchInvalid(patched.shown(), patched.explain?.(error.message) ?? error.message);
    throw error;
  }
}

/**
 * JSON that no longer names its apiVersion is read as upstream's internal type, which has none of the fields' names on
 * the wire: all is unknown, and nothing is left. (runtime/serializer/json gvkWithDefaults)
 */
function named(value: unknown, decoded: Decoded<UnstructuredObject>): Decoded<UnstructuredObject> {
  const { apiVersion, kind, ...rest } = value as UnstructuredObject; // it decoded: an object
  if (apiVersion) return decoded;
  const unknown = Object.keys(rest).sort();
  return { value: { kind, metadata: {} }, problems: unknown.map((field) => `unknown field ${goQuote(field)}`) };
}

/** 422 about the patch as a whole; upstream names neither kind nor object. */
function patchInvalid(shown: string, message: string) {
  return invalid({ group: "", kind: "" }, "", [fieldInvalid("patch", shown, message)]);
}
