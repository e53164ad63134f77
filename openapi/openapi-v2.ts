/** The OpenAPI 2.0 (Swagger) document of the whole server. */
import { createHash } from "node:crypto";
import type { ApiResource, JsonSchema } from "./documents/api-resource.ts";
import { allCustomDefinitions } from "./documents/custom-resource.ts";
import { closure, definitionSchema, referencedIn, refTo } from "./documents/definitions.ts";
import { discoveryOperation, groupOperation } from "./documents/discovery-operations.ts";
import type { Content, Operation } from "./documents/operation.ts";
import { operationsOf } from "./documents/operations.ts";
import type { Parameter } from "./documents/parameters.ts";
import { byPath } from "./documents/paths.ts";
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
  const groupVersions = unique(resources.map((one) => [`${one.group}/${one.version}`, one] as const));
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
  const shared = new SharedParameters(operations);
  const paths: Record<string, JsonSchema> = {};
  const wanted = new Set<string>();
  for (const { path, shared: common, operations: list } of byPath(operations)) {
    paths[path] = {
      ...Object.fromEntries(
        list.map(({ operation, own }) => [operation.method, printOperation(operation, own, shared)]),
      ),
      ...(common.length > 0 && { parameters: common.map((parameter) => shared.print(parameter)) }),
    };
    referencedIn(paths[path], wanted);
    yield;
  }
  const definitions = yield* closure(
    [...wanted, ...custom.keys()],
    (name) => custom.get(name) ?? definitionSchema(name, 2, groupVersions),
  );
  const bearer = { description: "Bearer Token authentication", type: "apiKey", name: "authorization", in: "header" };
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version },
    paths,
    definitions,
    parameters: shared.definitions(),
    securityDefinitions: { BearerToken: bearer },
    security: [{ BearerToken: [] }],
  };
}

function unique(entries: readonly (readonly [string, ApiResource])[]): { group: string; version: string }[] {
  return [...new Map(entries).values()].map(({ group, version }) => ({ group, version }));
}

/** Parameters that many operations have are defined once, under their name and a hash, and referred to. */
class SharedParameters {
  readonly #names = new Map<Parameter, string>();

  constructor(operations: readonly Operation[]) {
    const uses = new Map<Parameter, number>();
    for (const { parameters } of operations)
      for (const parameter of parameters) uses.set(parameter, (uses.get(parameter) ?? 0) + 1);
    for (const [parameter, count] of uses) {
      if (count < 2) continue;
      const hash = createHash("sha256")
        .update(JSON.stringify(printParameter(parameter)))
        .digest("base64url");
      this.#names.set(parameter, `${parameter.name}-${hash.slice(0, 8)}`);
    }
  }

  print(parameter: Parameter): JsonSchema {
    const name = this.#names.get(parameter);
    return name ? { $ref: `#/parameters/${name}` } : printParameter(parameter);
  }

  definitions(): Record<string, JsonSchema> {
    const named = [...this.#names].map(([parameter, name]) => [name, printParameter(parameter)] as const);
    return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function printParameter({ name, in: place, type, description, required }: Parameter): JsonSchema {
  return { uniqueItems: true, type, description, name, in: place, ...(required && { required }) };
}

function printOperation(operation: Operation, own: readonly Parameter[], shared: SharedParameters): JsonSchema {
  const { tag, description, id, body, responses, action, kind } = operation;
  const parameters = own.map((parameter) => shared.print(parameter));
  if (body)
    parameters.unshift({
      name: "body",
      in: "body",
      ...(body.required && { required: true }),
      schema: contentSchema(body.content),
    });
  const answers = Object.entries(responses).map(([code, response]) => [
    code,
    { description: response.description, ...(response.content && { schema: contentSchema(response.content) }) },
  ]);
  return {
    description,
    consumes: body?.types ?? operation.consumes,
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
