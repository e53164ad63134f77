/** OpenAPI 3.0 documents, one a path of the index: group versions, groups, and what is outside them. */
import type { ApiResource, JsonSchema } from "./documents/api-resource.ts";
import { allCustomDefinitions } from "./documents/custom-resource.ts";
import { closure, definitionSchema, referencedIn, refTo } from "./documents/definitions.ts";
import { discoveryOperation, getOperation, groupOperation } from "./documents/discovery-operations.ts";
import type { Content, Operation } from "./documents/operation.ts";
import { operationDescription } from "./documents/operation-descriptions.ts";
import { operationsOf } from "./documents/operations.ts";
import type { Parameter } from "./documents/parameters.ts";
import { byPath } from "./documents/paths.ts";
import { customSchemeVersions } from "./documents/scheme-versions.ts";
import { finish, type Steps } from "./steps.ts";

/** An OpenAPI 3.0 document as plain data. */
export interface OpenApiV3 {
  readonly openapi: "3.0.0";
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, JsonSchema>>;
  readonly components: JsonSchema;
}

/** The document of a group version. @param version of the server, as in `1.36` */
export const groupVersionDocument = (resources: readonly ApiResource[], version: string): OpenApiV3 =>
  finish(groupVersionSteps(resources, version));

/** The same in steps: a group may have hundreds of custom resources. */
export function* groupVersionSteps(resources: readonly ApiResource[], version: string): Steps<OpenApiV3> {
  const first = resources[0];
  if (!first) throw new Error("a group version without resources has no document");
  const { group, version: apiVersion } = first;
  const isCustom = resources.every(({ custom }) => custom);
  const operations = resources.flatMap(operationsOf);
  if (!isCustom) operations.unshift(discoveryOperation(group, apiVersion));
  const custom = yield* allCustomDefinitions(resources, 3);
  const own = [{ group: "", version: "v1" }, ...(group === "" ? [] : [{ group, version: apiVersion }])];
  const { paths, schemas } = yield* describe(operations, custom, isCustom ? customSchemeVersions() : own);
  if (!isCustom) return document({ paths, schemas }, version);
  return { openapi: "3.0.0", info: CUSTOM_INFO, paths, components: { schemas } };
}

/** The documents `api`, `apis` and `apis/<group>`. */
export function groupDocument(path: "api" | "apis" | { readonly group: string }, version: string): OpenApiV3 {
  return document(finish(describe([groupOperation(path)])), version);
}

/** The document of `version`. */
export function versionDocument(version: string): OpenApiV3 {
  const content = { definition: "io.k8s.apimachinery.pkg.version.Info" };
  return document(
    finish(describe([{ ...VERSION_OPERATION, responses: { "200": { description: "OK", content } } }])),
    version,
  );
}

/** The documents about the issuer of service account tokens. */
export function issuerDocument(
  path: ".well-known/openid-configuration" | "openid/v1/jwks",
  version: string,
): OpenApiV3 {
  return document(finish(describe([path === "openid/v1/jwks" ? KEYS_OPERATION : ISSUER_OPERATION])), version);
}

export const VERSION_OPERATION: Operation = getOperation({
  path: "/version/",
  id: "getCodeVersion",
  tag: "version",
  description: "get the version of this server",
  content: { definition: "io.k8s.apimachinery.pkg.version.Info" },
  types: ["application/json"],
});
export const ISSUER_OPERATION: Operation = getOperation({
  path: "/.well-known/openid-configuration/",
  id: "getServiceAccountIssuerOpenIDConfiguration",
  tag: "WellKnown",
  description: "get the OpenID configuration of the service account issuer",
  content: "string",
  types: ["application/json"],
  consumes: [],
});
export const KEYS_OPERATION: Operation = getOperation({
  path: "/openid/v1/jwks/",
  id: "getServiceAccountIssuerOpenIDKeyset",
  tag: "openid",
  description: "get the public keys that service account tokens are checked with",
  content: "string",
  types: ["application/jwk-set+json"],
  consumes: [],
});

/** Upstream's builder of these has a name and a version of its own. (apiextensions-apiserver/pkg/controller/openapi) */
const CUSTOM_INFO = { title: "Kubernetes CRD Swagger", version: "v0.1.0" };

interface Described {
  readonly paths: Readonly<Record<string, JsonSchema>>;
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

function* describe(
  operations: readonly Operation[],
  custom: ReadonlyMap<string, JsonSchema> = new Map(),
  everywhere: readonly { readonly group: string; readonly version: string }[] = [],
): Steps<Described> {
  const paths: Record<string, JsonSchema> = {};
  const wanted = new Set<string>();
  for (const { path, shared, operations: list } of byPath(operations)) {
    paths[path] = {
      ...Object.fromEntries(list.map(({ operation, own }) => [operation.method, printOperation(operation, own)])),
      ...(shared.length > 0 && { parameters: shared.map(printParameter) }),
    };
    referencedIn(paths[path], wanted);
    yield;
  }
  const schemas = yield* closure(
    [...wanted, ...custom.keys()],
    (name) => custom.get(name) ?? definitionSchema(name, 3, everywhere),
  );
  return { paths, schemas };
}

function document({ paths, schemas }: Described, version: string): OpenApiV3 {
  const bearer = { type: "apiKey", description: "Bearer Token authentication", name: "authorization", in: "header" };
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version },
    paths,
    components: {
      ...(Object.keys(schemas).length > 0 && { schemas }),
      securitySchemes: { BearerToken: bearer },
    },
  };
}

function printOperation(operation: Operation, own: readonly Parameter[]): JsonSchema {
  const { tag, id, body, responses, produces, action, kind } = operation;
  const content = (value: Content, types: readonly string[]) =>
    Object.fromEntries(types.map((type) => [type, { schema: contentSchema(value) }]));
  const answers = Object.entries(responses).map(([code, response]) => [
    code,
    { description: response.description, ...(response.content && { content: content(response.content, produces) }) },
  ]);
  return {
    tags: [tag],
    description: operationDescription(operation) ?? operation.description,
    operationId: id,
    ...(own.length > 0 && { parameters: own.map(printParameter) }),
    ...(body && {
      requestBody: { content: content(body.content, body.types), ...(body.required && { required: true }) },
    }),
    responses: Object.fromEntries([...answers, ["401", { description: "Unauthorized" }]]),
    ...(action && { "x-kubernetes-action": action }),
    ...(kind && { "x-kubernetes-group-version-kind": { group: kind.group, kind: kind.kind, version: kind.version } }),
  };
}

function contentSchema(content: Content): JsonSchema {
  return typeof content === "object" ? refTo(content.definition, 3) : { type: "string" };
}

function printParameter({ name, in: place, type, description, required }: Parameter): JsonSchema {
  return { name, in: place, description, ...(required && { required }), schema: { type, uniqueItems: true } };
}
