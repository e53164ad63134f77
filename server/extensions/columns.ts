import type { CustomResourceColumnDefinition } from "../../openapi/api/apiextensions.k8s.io.v1.ts";
import { encodeSorted } from "../../openapi/encode.ts";
import { canonicalTime } from "../../openapi/time.ts";
import { goValue } from "../meta/go-value.ts";
import type { KubeObject } from "../meta/object.ts";
import { nameColumn } from "../registry/columns.ts";
import type { Column } from "../registry/kind.ts";
import { since } from "../registry/printers/cells.ts";
import { type JsonPath, parseJsonPath } from "./json-path.ts";

/** What is printed of kinds whose definition says nothing. */
const AGE: CustomResourceColumnDefinition = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

/** Columns of `kubectl get`. (apiextensions-apiserver/pkg/registry/customresource/tableconvertor) */
export function columnsOf(definitions: readonly CustomResourceColumnDefinition[] = []): Column<KubeObject>[] {
  return [nameColumn, ...(definitions.length > 0 ? definitions : [AGE]).map(columnOf)];
}

function columnOf({ name, type, format, description, priority, jsonPath }: CustomResourceColumnDefinition) {
  const path = parsed(jsonPath);
  const column: Column<KubeObject> = {
    name,
    // Validated with the definition.
    type: type as Column<KubeObject>["type"],
    ...(format && { format }),
    ...(priority && { priority }),
    description: () => description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    value(object, now) {
      const [value] = firstOf(path, object);
      return value === undefined ? null : cell(type, value, now);
    },
  };
  return column;
}

/** Upstream prints no more than the name of a kind with a path that it cannot read; here only that cell stays empty. */
function parsed(jsonPath: string): JsonPath | undefined {
  try {
    return parseJsonPath(jsonPath);
  } catch {
    return undefined;
  }
}

function firstOf(path: JsonPath | undefined, object: KubeObject): unknown[] {
  try {
    return path?.find(object) ?? [];
  } catch {
    return [];
  }
}

function cell(type: string, value: unknown, now: Date): unknown {
  switch (type) {
    case "string":
      return text(value);
    case "integer":
      if (typeof value === "bigint") return value;
      return typeof value === "number" ? toInt64(value) : null;
    case "number":
      return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? age(value, now) : null;
    default:
      return null;
  }
}

/** As Go converts on amd64: what an int64 cannot hold becomes the least one. */
function toInt64(value: number): number | bigint {
  return Math.abs(value) < 2 ** 63 ? Math.trunc(value) : -(2n ** 63n);
}

function text(value: unknown): string {
  if (value === null) return "<no value>";
  return typeof value === "object" ? encodeSorted(value) : typeof value === "string" ? value : goValue(value);
}

function age(value: string, now: Date): string {
  if (value === "" || value === "null") return "<unknown>";
  try {
    return since(canonicalTime(value), now);
  } catch {
    return "<invalid>";
  }
}
