/** The OpenAPI 2.0 (Swagger) document of the whole server. */
import type { ApiResource, JsonSchema } from "./documents/api-resource.ts";
import { allCustomDefinitions } from "./documents/custom-resource.ts";
import { closure, definitionSchema, referencedIn, refTo } from "./documents/definitions.ts";
import { discoveryOperation, groupOperation } from "./documents/discovery-operations.ts";
import type { Content, Operation } from "./documents/operation.ts";
import { operationDescription } from "./documents/operation-descriptions.ts";
import { operationsOf } from "./documents/operations.ts";
import type { Parameter } from "./documents/parameters.ts";
import { byPath } from "./documents/paths.ts";
import { schemeVersions } from "./documents/scheme-versions.ts";
import { encodeAny } from "./encode.ts";
import { ISSUER_OPERATION, KEYS_OPERATION, VERSION_OPERATION } from "./openapi-v3.ts";
import { finish, type Steps } from "./steps.ts";

/** An OpenAPI 2.0 document as plain data. */
export interface OpenApiV2 {
  readonly swagger: "2.0";
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, JsonSchema>>;
  readonly definitions: Readonly<Record<string, JsonSchema>>;
  readonly parameters: Readonly<Record<string, JsonSchema>>;
  readonly securityDefinitions: JsonSchema;
  readonly security: readonly JsonSchema[];
}

/** Describes all resources. @param version of the server, as in `1.36` */
export const wholeDocument = (resources: readonly ApiResource[], version: string): OpenApiV2 =>
  finish(wholeSteps(resources, version));

/** The same in steps. */
export function* wholeSteps(resources: readonly ApiResource[], version: string): Steps<OpenApiV2> {
  const builtIn = unique(
    resources.filter(({ custom }) => !custom).map((one) => [`${one.group}/${one.version}`, one] as const),
  );
  const groups = new Set(builtIn.map(({ group }) => group).filter((group) => group !== ""));
  const operations = [
    groupOperation("api"),
    groupOperation("apis"),
    ...[...groups].map((group) => groupOperation({ group })),
    ...builtIn.map((one) => discoveryOperation(one.group, one.version)),
    ...resources.flatMap(operationsOf),
    VERSION_OPERATION,
    ISSUER_OPERATION,
    KEYS_OPERATION,
  ];
  const custom = yield* allCustomDefinitions(resources, 2);
  const shared = new SharedParameters();
  const paths: Record<string, JsonSchema> = {};
  const wanted = new Set<string>();
  for (const { path, shared: common, operations: list } of byPath(operations)) {
    paths[path] = {
      ...Object.fromEntries(
        list.map(({ operation, own }) => [operation.method, printOperation(operation, own, shared)]),
      ),
      ...(common.length > 0 && { parameters: common.map((parameter) => shared.print(printParameter(parameter))) }),
    };
    referencedIn(paths[path], wanted);
    yield;
  }
  const parameters = shared.definitions();
  referencedIn(parameters, wanted);
  const everywhere = schemeVersions();
  const definitions = yield* closure(
    [...wanted, ...custom.keys()],
    (name) => custom.get(name) ?? definitionSchema(name, 2, everywhere),
  );
  const bearer = { description: "Bearer Token authentication", type: "apiKey", name: "authorization", in: "header" };
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version },
    paths,
    definitions,
    parameters,
    securityDefinitions: { BearerToken: bearer },
    security: [{ BearerToken: [] }],
  };
}

function unique(entries: readonly (readonly [string, ApiResource])[]): { group: string; version: string }[] {
  return [...new Map(entries).values()].map(({ group, version }) => ({ group, version }));
}

/**
 * Parameters that are not about one kind are defined once, under their name and a hash, and referred to.
 * (kube-openapi/pkg/builder/parameters.go)
 */
class SharedParameters {
  readonly #shared = new Map<string, JsonSchema>();
  readonly #names = new Map<string, string>();

  /** @param parameter as the document has it */
  print(parameter: JsonSchema): JsonSchema {
    if (!isShared(parameter)) return parameter;
    const text = encodeAny(parameter);
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `${parameter.name}-${hashOf(text)}`;
      this.#names.set(text, name);
      this.#shared.set(name, parameter);
    }
    return { $ref: `#/parameters/${name}` };
  }

  definitions(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#shared].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** kubectl up to 1.27 looks for them at the operation to find out what a server can do. */
const ASKED_FOR = ["fieldValidation", "dryRun"];

function isShared({ name, in: place, schema }: JsonSchema): boolean {
  // It says of which kind.
  if (name === "name" || ASKED_FOR.includes(name as string)) return false;
  return place !== "body" || String((schema as JsonSchema).$ref).startsWith("#/definitions/io.k8s.apimachinery");
}

/** FNV-1, as Go's hash/fnv has it: the first six of its eight bytes. */
function hashOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, hash * 0x100000001b3n) ^ BigInt(byte);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(hash);
  return bytes.subarray(0, 6).toString("base64url");
}

function printParameter({ name, in: place, type, description, required }: Parameter): JsonSchema {
  return { uniqueItems: true, type, description, name, in: place, ...(required && { required }) };
}

function printOperation(operation: Operation, own: readonly Parameter[], shared: SharedParameters): JsonSchema {
  const { tag, id, body, responses, action, kind } = operation;
  const parameters = own.map((parameter) => shared.print(printParameter(parameter)));
  if (body) {
    const required = body.required && { required: true };
    parameters.unshift(shared.print({ name: "body", in: "body", ...required, schema: contentSchema(body.content) }));
  }
  const consumes = body?.types ?? operation.consumes;
  const answers = Object.entries(responses).map(([code, response]) => [
    code,
    { description: response.description, ...(response.content && { schema: contentSchema(response.content) }) },
  ]);
  return {
    description: operationDescription(operation) ?? operation.description,
    ...(consumes.length > 0 && { consumes }),
    produces: operation.produces,
    schemes: ["https"],
    tags: [tag],
    operationId: id,
    ...(parameters.length > 0 && { parameters }),
    responses: Object.fromEntries([...answers, ["401", { description: "Unauthorized" }]]),
    ...(action && { "x-kubernetes-action": action }),
    ...(kind && { "x-kubernetes-group-version-kind": { group: kind.group, kind: kind.kind, version: kind.version } }),
  };
}

function contentSchema(content: Content): JsonSchema {
  return typeof content === "object" ? refTo(content.definition, 2) : { type: "string" };
}
