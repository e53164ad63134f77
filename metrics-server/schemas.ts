import type { Field, Schema } from "../openapi/schema.ts";
import { schemaForKind, schemaOf } from "../openapi/types.ts";
import { GROUP, VERSION } from "./metrics.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

function message(fields: Readonly<Record<string, Schema>>): Schema {
  const entries = Object.entries(fields).map(([name, schema], index): [string, Field] => [
    name,
    { name, schema, pointer: false, always: true, required: false, pb: index + 1 },
  ]);
  return { type: "object", fields: new Map(entries) };
}

const listOf = (items: Schema): Schema => ({ type: "list", items });

/** Messages of metrics.k8s.io, their fields in the order of their numbers. (k8s.io/metrics v1beta1 generated.proto) */
function metricsSchemas(): Readonly<Record<string, Schema>> {
  const usage: Schema = { type: "map", items: { type: "quantity" } };
  const head = { metadata: schemaOf(`${META}ObjectMeta`), timestamp: TIME, window: { type: "duration" } as const };
  const NodeMetrics = message({ ...head, usage });
  const container = message({ name: { type: "string" }, usage });
  const PodMetrics = message({ ...head, containers: listOf(container) });
  const list = (items: Schema) => message({ metadata: schemaOf(`${META}ListMeta`), items: listOf(items) });
  return { NodeMetrics, PodMetrics, NodeMetricsList: list(NodeMetrics), PodMetricsList: list(PodMetrics) };
}

const TIME: Schema = { type: "time" };
let known: Readonly<Record<string, Schema>> | undefined;

/** What an answer is written by in protobuf. @returns undefined where there is no message for it */
export function schemaOfAnswer({ kind, apiVersion }: { readonly kind: string; readonly apiVersion?: string }) {
  if (apiVersion === `${GROUP}/${VERSION}`) {
    known ??= metricsSchemas();
    return known[kind];
  }
  return schemaForKind("", "v1", kind) ?? schemaOf(`${META}${kind}`);
}
