import { createHash } from "node:crypto";
import type { ApiResource, JsonSchema } from "../openapi/documents/api-resource.ts";
import { type DocumentVersion, refTo } from "../openapi/documents/definitions.ts";
import { wholeDocument } from "../openapi/openapi-v2.ts";
import { groupVersionDocument } from "../openapi/openapi-v3.ts";
import { RESOURCES } from "./discovery.ts";
import { RELEASE } from "./fixed-paths.ts";
import { GROUP, VERSION } from "./metrics.ts";

const TIME: JsonSchema = { type: "string", format: "date-time", description: "when this was measured" };
const WINDOW: JsonSchema = { type: "string", description: "the time before, over which rates were measured" };
const NAME: JsonSchema = { type: "string", description: "name of the container" };

function schemas(version: DocumentVersion): Readonly<Record<string, JsonSchema>> {
  const usage: JsonSchema = {
    type: "object",
    description: "amounts by resource: cpu in cores, memory in bytes",
    additionalProperties: refTo("io.k8s.apimachinery.pkg.api.resource.Quantity", version),
  };
  const items = { type: "object", required: ["name", "usage"], properties: { name: NAME, usage } };
  return {
    NodeMetrics: {
      type: "object",
      description: "NodeMetrics says what a node uses.",
      required: ["timestamp", "window", "usage"],
      properties: { timestamp: TIME, window: WINDOW, usage },
    },
    PodMetrics: {
      type: "object",
      description: "PodMetrics says what the containers of a Pod use.",
      required: ["timestamp", "window", "containers"],
      properties: {
        timestamp: TIME,
        window: WINDOW,
        containers: { type: "array", description: "what each container uses", items },
      },
    },
  };
}

const resources = (version: DocumentVersion): ApiResource[] =>
  RESOURCES.map(({ name, kind, namespaced }) => ({
    group: GROUP,
    version: VERSION,
    kind,
    listKind: `${kind}List`,
    plural: name,
    namespaced,
    verbs: ["get", "list"],
    subresources: [],
    returnsDeletedObject: false,
    custom: { schema: schemas(version)[kind] ?? {} },
  }));

/** OpenAPI documents by path. */
export function openApiDocuments(): ReadonlyMap<string, object> {
  const path = `apis/${GROUP}/${VERSION}`;
  const document = groupVersionDocument(resources(3), RELEASE);
  const hash = createHash("sha512").update(JSON.stringify(document)).digest("hex").toUpperCase();
  const index = { paths: { [path]: { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` } } };
  return new Map<string, object>([
    ["/openapi/v2", wholeDocument(resources(2), RELEASE)],
    ["/openapi/v3", index],
    [`/openapi/v3/${path}`, document],
  ]);
}
