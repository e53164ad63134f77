import { coerce, decodeJson } from "../../openapi/decode.ts";
import { DecodeError } from "../../openapi/json-tree.ts";
import { decodeProtobuf } from "../../openapi/protobuf/codec.ts";
import { schemaOf } from "../../openapi/types.ts";
import { badRequest, invalid } from "../meta/errors.ts";
import { goQuote } from "../meta/go-quote.ts";
import { validateDeleteOptions } from "../meta/options.ts";
import type { DeleteOptions } from "../registry/store.ts";
import { bodyFormat, findKind } from "./decode.ts";
import { jsonOfYaml, parseYaml } from "./parse-yaml.ts";
import { optionalBool, optionalInt } from "./query.ts";

const DELETE_OPTIONS = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
const SCHEME = '"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"';
const NONE: DeleteOptions = {};

interface Unsafe {
  readonly ignoreStoreReadErrorWithClusterBreakingPotential?: boolean;
}

/** DeleteOptions from the body, or else from the query. @throws StatusError 400, 415, 422 (handlers/delete.go) */
export function deleteOptions(
  body: Uint8Array,
  contentType: string | undefined,
  query: URLSearchParams,
): DeleteOptions {
  let options: DeleteOptions;
  if (body.length > 0) options = fromBody(body, contentType);
  else if (query.size > 0) options = fromQuery(query);
  else return NONE;
  // Dropped without the feature AllowUnsafeMalformedObjectDeletion, which is alpha.
  const { ignoreStoreReadErrorWithClusterBreakingPotential: _, ...kept } = options as DeleteOptions & Unsafe;
  options = kept;
  const errors = validateDeleteOptions(options);
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
  return options;
}

function fromBody(body: Uint8Array, contentType: string | undefined): DeleteOptions {
  const format = bodyFormat(contentType);
  const schema = schemaOf(DELETE_OPTIONS);
  try {
    if (format === "protobuf") return decodeProtobuf(body, schema) as DeleteOptions;
    if (format === "yaml") return checked(coerce(parseYaml(body).value ?? {}, schema, "Ignore").value);
    return checked(decodeJson(body, schema, "Ignore").value);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const found = error instanceof DecodeError ? findKind(format === "yaml" ? jsonOfYaml(body) : body) : undefined;
    if (format !== "protobuf" && found && "message" in found)
      throw badRequest(`couldn't get version/kind; json parse error: ${found.message}`);
    throw badRequest(error.message);
  }
}

/** Unversioned in upstream's scheme: any apiVersion will do, the kind must be right. */
function checked({ kind, apiVersion, ...options }: Record<string, unknown>): DeleteOptions {
  if (kind && kind !== "DeleteOptions") {
    throw badRequest(
      `no kind ${goQuote(String(kind))} is registered for version ${goQuote(String(apiVersion ?? "meta.k8s.io/v1"))} in scheme ${SCHEME}`,
    );
  }
  return options as DeleteOptions; // decoded by its schema, values checked by the caller
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const gracePeriodSeconds = optionalInt(query, "gracePeriodSeconds");
  const orphanDependents = optionalBool(query, "orphanDependents");
  const propagationPolicy = query.get("propagationPolicy") ?? undefined;
  const dryRun = query.getAll("dryRun");
  const uid = query.get("uid");
  const resourceVersion = query.get("resourceVersion");
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(orphanDependents !== undefined && { orphanDependents }),
    // Checked right after.
    ...(propagationPolicy !== undefined && { propagationPolicy: propagationPolicy as "Orphan" }),
    ...(dryRun.length > 0 && { dryRun }),
    ...((uid || resourceVersion) && {
      preconditions: { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) },
    }),
  };
}
