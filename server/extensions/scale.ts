import type { CustomResourceSubresourceScale } from "../../openapi/api/apiextensions.k8s.io.v1.ts";
import { badRequest, internalError } from "../meta/errors.ts";
import { type FieldError, fieldInvalid } from "../meta/field-error.ts";
import { goQuote } from "../meta/go-quote.ts";
import { goValue } from "../meta/go-value.ts";
import type { KubeObject } from "../meta/object.ts";
import type { Subresource } from "../registry/kind.ts";
import { scaleColumns } from "../registry/scale-columns.ts";

/** Stands for replicas that were never set, while they are written. */
const UNSET_REPLICAS = -(2 ** 31);
const MAX_INT32 = 2 ** 31 - 1;

type Members = Record<string, unknown>;

/** autoscaling/v1 Scale, as far as it is written here. */
interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas: number; selector?: string };
}

/** The `scale` subresource of a custom resource. (apiextensions-apiserver/pkg/registry/customresource/etcd.go) */
export function customScale(paths: CustomResourceSubresourceScale): Subresource<KubeObject> {
  const read = (object: KubeObject, replicas: number): Scale => {
    const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
    const status = numberAt(object, paths.statusReplicasPath);
    const selector = paths.labelSelectorPath ? textAt(object, paths.labelSelectorPath) : "";
    return {
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject["metadata"],
      spec: { ...(replicas !== 0 && { replicas }) },
      status: { replicas: status ?? 0, ...(selector && { selector }) },
    };
  };
  return {
    columns: scaleColumns,
    kind: { group: "autoscaling", version: "v1", kind: "Scale" },
    verbs: ["get", "patch", "update"],
    read(object) {
      const replicas = numberAt(object, paths.specReplicasPath);
      if (replicas === undefined) {
        throw internalError(`the spec replicas field ${goQuote(paths.specReplicasPath)} does not exist`);
      }
      return read(object, replicas);
    },
    readForUpdate: (object) => read(object, numberAt(object, paths.specReplicasPath) ?? UNSET_REPLICAS),
    write(subresource, object) {
      const replicas = (subresource as Scale).spec?.replicas ?? 0;
      if (replicas === UNSET_REPLICAS) {
        throw badRequest(`the spec replicas field ${goQuote(paths.specReplicasPath)} cannot be empty`);
      }
      setAt(object, namesOf(paths.specReplicasPath), replicas);
    },
  };
}

/** Member names of a path such as `.spec.replicas`. */
export function namesOf(path: string): string[] {
  return path.replace(/^\./, "").split(".");
}

/** Replicas and selector are what a Scale can show. (customresource/validator.go) */
export function validateScaleFields(
  object: KubeObject,
  { specReplicasPath, statusReplicasPath, labelSelectorPath }: CustomResourceSubresourceScale,
  parts: { readonly spec: boolean },
): FieldError[] {
  const errors = parts.spec ? validateReplicas(object, specReplicasPath) : [];
  errors.push(...validateReplicas(object, statusReplicasPath));
  if (!labelSelectorPath) return errors;
  const found = lookup(object, namesOf(labelSelectorPath), "string");
  return found.problem ? [...errors, fieldInvalid(labelSelectorPath, "", found.problem)] : errors;
}

function validateReplicas(object: KubeObject, path: string): FieldError[] {
  const { value, problem } = lookup(object, namesOf(path), "int64");
  if (problem) return [fieldInvalid(path, 0, problem)];
  const replicas = (value ?? 0) as number; // looked up as one
  if (replicas < 0) return [fieldInvalid(path, replicas, "should be a non-negative integer")];
  if (replicas <= MAX_INT32) return [];
  return [fieldInvalid(path, replicas, `should be less than or equal to ${MAX_INT32}`)];
}

function numberAt(object: KubeObject, path: string): number | undefined {
  const { value, problem } = lookup(object, namesOf(path), "int64");
  if (problem) throw internalError(problem);
  return value as number | undefined; // looked up as one
}

function textAt(object: KubeObject, path: string): string {
  const { value, problem } = lookup(object, namesOf(path), "string");
  if (problem) throw internalError(problem);
  return (value ?? "") as string; // looked up as one
}

/** (unstructured.NestedInt64 and NestedString) */
function lookup(object: KubeObject, names: readonly string[], wanted: "int64" | "string") {
  let value: unknown = object;
  for (const [index, name] of names.entries()) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      if (value === null) return { value: undefined };
      const where = names
        .slice(0, index + 1)
        .map((each) => `.${each}`)
        .join("");
      return { problem: `${where} accessor error: ${shown(value)}, expected map[string]interface{}` };
    }
    const members = value as Members; // checked above
    if (!Object.hasOwn(members, name)) return { value: undefined };
    value = members[name];
  }
  const fits = wanted === "string" ? typeof value === "string" : typeof value === "bigint" || Number.isInteger(value);
  if (fits) return { value };
  const where = names.map((each) => `.${each}`).join("");
  return { problem: `${where} accessor error: ${shown(value)}, expected ${wanted}` };
}

function shown(value: unknown): string {
  const type =
    value === null
      ? "<nil>"
      : Array.isArray(value)
        ? "[]interface {}"
        : typeof value === "object"
          ? "map[string]interface {}"
          : typeof value === "boolean"
            ? "bool"
            : typeof value === "number"
              ? Number.isInteger(value)
                ? "int64"
                : "float64"
              : "string";
  return `${goValue(value)} is of the type ${type}`;
}

function setAt(object: KubeObject, names: readonly string[], value: unknown): void {
  let at = object as unknown as Members; // by name
  for (const name of names.slice(0, -1)) {
    at[name] ??= {};
    at = at[name] as Members; // read before, and validated then
  }
  at[names.at(-1) ?? ""] = value;
}
