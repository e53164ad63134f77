import { createHash } from "node:crypto";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from "../../openapi/api/apiextensions.k8s.io.v1.ts";
import type { ApiResource, JsonSchema as JsonSchemaDocument } from "../../openapi/documents/api-resource.ts";
import type { Schema } from "../../openapi/schema.ts";
import { notFound } from "../meta/errors.ts";
import { isConditionTrue } from "../registry/apiextensions/conditions.ts";
import type { JsonSchema } from "../registry/apiextensions/schema/json-schema.ts";
import { shapeOf } from "../registry/apiextensions/schema/shape.ts";
import type { Kind } from "../registry/kind.ts";
import type { ResourceStore } from "../registry/store.ts";
import { brokenConverter, type ConversionEnvironment, webhookConverter } from "./conversion-webhook.ts";
import { type CustomKindInput, customKind } from "./custom-kind.ts";
import { outlineOf } from "./custom-resource.ts";
import { CustomStore } from "./custom-store.ts";
import { deprecationWarning } from "./deprecation.ts";
import { namesOf } from "./scale.ts";
import type { VersionSchemas } from "./version-forms.ts";
import { type Convert, WebhookConversion } from "./webhook-conversion.ts";

export interface DefinedEnvironment extends ConversionEnvironment {
  /** The definition as it is now, parsed on demand. */
  definition(name: string): Readonly<CustomResourceDefinition> | undefined;
  makeStore(kind: Kind): ResourceStore;
}

interface Served {
  readonly kind: Kind;
  readonly store: CustomStore;
}

/**
 * What one definition brings into the world: a kind and a store a served version. Holds outlines only; schemas are read
 * from the stored definition when they are first used, and kept from then on.
 */
export class DefinedResource {
  readonly served: readonly Served[];
  /** All objects, in the versions that they are stored in, for their deletion with the definition. */
  readonly instances: ResourceStore | undefined;
  readonly #schemas = new Map<string, JsonSchema | undefined>();
  readonly #shapes = new Map<string, Schema>();
  readonly #environment: DefinedEnvironment;
  readonly #name: string;
  readonly #identity: string;
  #isTerminating: boolean;
  #isEstablished: boolean;

  constructor(definition: Readonly<CustomResourceDefinition>, environment: DefinedEnvironment) {
    this.#environment = environment;
    this.#name = definition.metadata.name ?? "";
    this.#identity = identityOf(definition);
    this.#isTerminating = isConditionTrue(definition, "Terminating");
    this.#isEstablished = isConditionTrue(definition, "Established");
    const { served, instances } = this.#serve(definition);
    this.served = served;
    this.instances = instances;
  }

  /** Takes over what changed in the status. @returns false when it must be made anew */
  follow(definition: Readonly<CustomResourceDefinition>): boolean {
    if (identityOf(definition) !== this.#identity) return false;
    this.#isTerminating = isConditionTrue(definition, "Terminating");
    this.#isEstablished = isConditionTrue(definition, "Established");
    return true;
  }

  /** What discovery shows, in short: to know when it changed. */
  get appearance(): string {
    return `${this.#isEstablished} ${this.#isTerminating}`;
  }

  retire(): void {
    for (const { store } of this.served) store.retire();
  }

  /** For the documents of OpenAPI. */
  published(version: string): NonNullable<ApiResource["custom"]> {
    const schema = () => this.#schema(version);
    const fields = this.served.find(({ kind }) => kind.version === version)?.kind.fieldLabels ?? [];
    const identity = this.#identity;
    const published: NonNullable<ApiResource["custom"]> & { toJSON(): string } = {
      get schema(): JsonSchemaDocument {
        return (schema() ?? {}) as JsonSchemaDocument; // the same keywords, read by name
      },
      ...(fields.length > 0 && { selectableFields: fields }),
      // Documents are hashed by what they are made from, and a schema may be large: the generation of its definition
      // stands for it.
      toJSON: () => identity,
    };
    return published;
  }

  #version(name: string): CustomResourceDefinitionVersion | undefined {
    const definition = this.#environment.definition(this.#name);
    if (!definition) {
      throw notFound({ group: "apiextensions.k8s.io", resource: "customresourcedefinitions" }, this.#name);
    }
    return definition.spec.versions?.find((version) => version.name === name);
  }

  #schema(version: string): JsonSchema | undefined {
    if (!this.#schemas.has(version)) this.#schemas.set(version, this.#version(version)?.schema?.openAPIV3Schema);
    return this.#schemas.get(version);
  }

  #shape(version: string): Schema {
    let shape = this.#shapes.get(version);
    if (!shape) {
      shape = shapeOf(this.#schema(version));
      this.#shapes.set(version, shape);
    }
    return shape;
  }

  #serve(definition: Readonly<CustomResourceDefinition>): { served: Served[]; instances: ResourceStore | undefined } {
    const { spec, status } = definition;
    const { group = "", versions = [], conversion, preserveUnknownFields = false } = spec;
    const names = status?.acceptedNames ?? spec.names;
    const kind = names.kind ?? "";
    const all = new Set(versions.map(({ name }) => name));
    const storage = versions.find((version) => version.storage) ?? versions[0];
    if (!storage) return { served: [], instances: undefined };
    const schemas: VersionSchemas = {
      group,
      kind,
      preserveUnknownFields,
      has: (version) => all.has(version),
      schema: (version) => this.#schema(version),
      shape: (version) => this.#shape(version),
    };
    const common = {
      group,
      kind,
      storageVersion: storage.name,
      names: {
        plural: names.plural ?? "",
        singular: names.singular ?? "",
        listKind: names.listKind ?? `${kind}List`,
        shortNames: [...(names.shortNames ?? [])],
        categories: [...(names.categories ?? [])],
      },
      namespaced: spec.scope === "Namespaced",
      storageVersionHash: storage.served ? storageVersionHash(group, storage.name, kind) : "",
      schemas,
      replicasPaths: replicasPathsOf(group, versions),
      isTerminating: () => this.#isTerminating,
    };
    const input = (version: CustomResourceDefinitionVersion): CustomKindInput => {
      const { name } = version;
      return {
        ...common,
        ...outlineOf(version),
        version: name,
        warning: deprecationWarning(version, definition),
        schema: () => this.#schema(name),
        columns: () => this.#version(name)?.additionalPrinterColumns,
      };
    };
    const { makeStore } = this.#environment;
    const instances = makeStore(customKind({ ...input(storage), keepsVersion: true }));
    const convert = this.#converter(conversion);
    const storeOf = (kind: Kind, version: CustomResourceDefinitionVersion) => {
      if (!convert) return makeStore(kind);
      const conversion = new WebhookConversion(kind, instances.kind, convert);
      return makeStore(customKind({ ...input(version), keepsVersion: true, conversion }));
    };
    const served = versions
      .filter((version) => version.served)
      .map((version) => {
        const own = customKind(input(version));
        return { kind: own, store: new CustomStore(own, storeOf(own, version), common) };
      });
    return { served, instances };
  }

  /** Undefined where objects are converted by name only. */
  #converter(conversion: CustomResourceDefinition["spec"]["conversion"]): Convert | undefined {
    if (conversion?.strategy !== "Webhook") return undefined;
    return conversion.webhook ? webhookConverter(conversion.webhook, this.#environment) : brokenConverter();
  }
}

/** Changes with all that kinds are made from. */
function identityOf({ metadata, spec, status }: Readonly<CustomResourceDefinition>): string {
  return JSON.stringify([metadata.uid, metadata.generation, status?.acceptedNames ?? spec.names]);
}

function replicasPathsOf(group: string, versions: readonly CustomResourceDefinitionVersion[]) {
  const entries = versions.map(({ name, subresources }) => {
    const path = subresources?.scale?.specReplicasPath;
    return [`${group}/${name}`, path === undefined ? undefined : namesOf(path)] as const;
  });
  return Object.fromEntries(entries);
}

/** (apiserver/pkg/endpoints/discovery/storageversionhash.go) */
function storageVersionHash(group: string, version: string, kind: string): string {
  return createHash("sha256").update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString("base64");
}
