import type { FieldValidation } from "../../openapi/decode.ts";
import { invalid } from "../meta/errors.ts";
import { validatePatchOptions, validateWriteOptions } from "../meta/options.ts";
import { optionalBool } from "./query.ts";

/** CreateOptions, UpdateOptions and PatchOptions, checked. (apimachinery/pkg/apis/meta/v1/validation) */
export interface WriteOptions {
  readonly dryRun: boolean;
  /** As sent; empty when the user agent is to name the manager. */
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** Of apply: take over the fields of others. */
  readonly force: boolean;
  /** What admission sees. */
  readonly object: Record<string, unknown>;
}

const PLAIN = new Map<string, WriteOptions>();

/** @param apply the body is an apply configuration: PATCH only. @throws StatusError 422 */
export function writeOptions(
  query: URLSearchParams,
  kind: "CreateOptions" | "UpdateOptions" | "PatchOptions",
  apply: boolean,
): WriteOptions {
  if (query.size === 0 && !apply) return plain(kind);
  const dryRun = query.getAll("dryRun");
  const fieldManager = query.get("fieldManager") ?? "";
  const fieldValidation = query.get("fieldValidation") ?? "";
  const force = kind === "PatchOptions" ? optionalBool(query, "force") : undefined;
  const options = {
    ...(dryRun.length > 0 && { dryRun }),
    ...(force !== undefined && { force }),
    ...(fieldManager && { fieldManager }),
    ...(fieldValidation && { fieldValidation }),
  };
  const errors = kind === "PatchOptions" ? validatePatchOptions(options, apply) : validateWriteOptions(options);
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind }, "", errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    // Checked above; empty is the default.
    fieldValidation: (fieldValidation || "Warn") as FieldValidation,
    force: force ?? false,
    object: { kind, apiVersion: "meta.k8s.io/v1", ...options },
  };
}

/** Most writes have no options: theirs is made once. */
function plain(kind: string): WriteOptions {
  let options = PLAIN.get(kind);
  if (!options) {
    const object = { kind, apiVersion: "meta.k8s.io/v1" };
    options = { dryRun: false, fieldManager: "", fieldValidation: "Warn", force: false, object };
    PLAIN.set(kind, options);
  }
  return options;
}
