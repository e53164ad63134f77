/**
 * Every operation of a resource, in terms that both OpenAPI versions are printed from. Follows
 * apiserver/pkg/endpoints/installer.go and, for custom resources, apiextensions-apiserver/pkg/controller/openapi/builder.
 */
import type { ApiResource, ApiSubresource } from "./api-resource.ts";
import { groupVersionPath } from "./api-resource.ts";
import {
  ALL_TYPES,
  type Content,
  capitalise,
  definitionName,
  identifier,
  JSON_AND_YAML,
  META,
  type Method,
  type Operation,
} from "./operation.ts";
import {
  CONNECT_PARAMETERS,
  DELETE_COLLECTION_PARAMETERS,
  DELETE_PARAMETERS,
  GET_PARAMETERS,
  LIST_PARAMETERS,
  PATCH_PARAMETERS,
  PRETTY,
  WRITE_PARAMETERS,
} from "./parameters.ts";

const STATUS: Content = { definition: `${META}Status` };
const STREAMS = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
const PATCHES = ["application/json-patch+json", "application/merge-patch+json"];
const STRATEGIC = "application/strategic-merge-patch+json";
const APPLY = "application/apply-patch+yaml";
const ANY = ["*/*"];
const DESCRIPTIONS: Readonly<Record<string, string>> = { 200: "OK", 201: "Created", 202: "Accepted" };

/** All operations of a resource of a group version. */
export function operationsOf(resource: ApiResource): Operation[] {
  const builder = new OperationBuilder(resource);
  return [...builder.collection(), ...builder.object(), ...builder.watch(), ...builder.subresources()];
}

class OperationBuilder {
  readonly #resource: ApiResource;
  readonly #root: string;
  readonly #scoped: string;
  readonly #object: string;
  readonly #types: readonly string[];

  constructor(resource: ApiResource) {
    this.#resource = resource;
    const { group, version, plural, namespaced } = resource;
    this.#root = `/${groupVersionPath(group, version)}`;
    this.#scoped = namespaced ? `/namespaces/{namespace}/${plural}` : `/${plural}`;
    this.#object = `${this.#root}${this.#scoped}/{name}`;
    this.#types = resource.custom ? JSON_AND_YAML : ALL_TYPES;
  }

  #has(verb: string): boolean {
    return this.#resource.verbs.includes(verb);
  }

  #content(kind: string): Content {
    const { group, version } = this.#resource;
    return { definition: definitionName(group, version, kind) };
  }

  /** @param name what follows group and version: `NamespacedPodStatus` */
  #operation(
    verb: string,
    name: string,
    rest: Pick<Operation, "path" | "method" | "action" | "description"> & Partial<Operation> & { content: Content },
    codes: readonly number[],
  ): Operation {
    const { group, version, kind } = this.#resource;
    const { content, ...fields } = rest;
    return {
      id: verb + identifier(group || "core", true) + capitalise(version) + name,
      tag: `${identifier(group || "core", false)}_${version}`,
      kind: { group, version, kind },
      parameters: [PRETTY],
      consumes: this.#resource.custom ? JSON_AND_YAML : ANY,
      produces: this.#types,
      responses: Object.fromEntries(codes.map((code) => [code, { description: DESCRIPTIONS[code] ?? "", content }])),
      ...fields,
    };
  }

  #body(content: Content, required = true): NonNullable<Operation["body"]> {
    return { content, types: this.#resource.custom ? JSON_AND_YAML : ANY, required };
  }

  #patchBody(): NonNullable<Operation["body"]> {
    const types = this.#resource.custom ? [...PATCHES, APPLY] : [...PATCHES, STRATEGIC, APPLY];
    return { content: { definition: `${META}Patch` }, types, required: true };
  }

  get #name(): string {
    return `${this.#resource.namespaced ? "Namespaced" : ""}${this.#resource.kind}`;
  }

  /** list, create and delete collection. */
  *collection(): Generator<Operation> {
    const { kind, listKind, plural, namespaced, custom } = this.#resource;
    const path = this.#root + this.#scoped;
    const produces = custom ? this.#types : [...this.#types, ...STREAMS];
    const list = {
      method: "get",
      action: "list",
      description: `list objects of kind ${kind}`,
      parameters: [PRETTY, ...LIST_PARAMETERS],
      produces,
      content: this.#content(listKind),
    } as const;
    if (this.#has("list")) {
      if (namespaced)
        yield this.#operation("list", `${kind}ForAllNamespaces`, { ...list, path: `${this.#root}/${plural}` }, [200]);
      yield this.#operation("list", this.#name, { ...list, path }, [200]);
    }
    if (this.#has("create")) {
      const content = this.#content(kind);
      const body = this.#body(content);
      const parameters = [PRETTY, ...WRITE_PARAMETERS];
      const description = `create a ${kind}`;
      const create = { path, method: "post", action: "post", description, parameters, body, content } as const;
      yield this.#operation("create", this.#name, create, [200, 201, 202]);
    }
    if (this.#has("deletecollection")) {
      const collection = {
        path,
        method: "delete",
        action: "deletecollection",
        description: `delete collection of ${kind}`,
        parameters: [PRETTY, ...(custom ? LIST_PARAMETERS : DELETE_COLLECTION_PARAMETERS)],
        ...(!custom && { body: this.#body({ definition: `${META}DeleteOptions` }, false) }),
        content: STATUS,
      } as const;
      yield this.#operation("delete", `Collection${this.#name}`, collection, [200]);
    }
  }

  /** get, update, patch and delete. */
  *object(): Generator<Operation> {
    const { kind, returnsDeletedObject } = this.#resource;
    const path = this.#object;
    const content = this.#content(kind);
    yield* this.#readAndWrite({
      path,
      name: this.#name,
      description: `the specified ${kind}`,
      verbs: this.#resource.verbs,
      content,
    });
    if (!this.#has("delete")) return;
    const remove = {
      path,
      method: "delete",
      action: "delete",
      description: `delete a ${kind}`,
      parameters: [PRETTY, ...DELETE_PARAMETERS],
      body: this.#body({ definition: `${META}DeleteOptions` }, false),
      content: returnsDeletedObject ? content : STATUS,
    } as const;
    yield this.#operation("delete", this.#name, remove, [200, 202]);
  }

  *#readAndWrite(options: {
    path: string;
    name: string;
    description: string;
    verbs: readonly string[];
    content: Content;
    kind?: Operation["kind"];
  }): Generator<Operation> {
    const { path, name, description, verbs, content } = options;
    const common = { path, content, ...(options.kind && { kind: options.kind }) };
    if (verbs.includes("get")) {
      const parameters = [PRETTY, ...(this.#resource.custom ? GET_PARAMETERS : [])];
      const get = { ...common, method: "get", action: "get", description: `read ${description}`, parameters } as const;
      yield this.#operation("read", name, get, [200]);
    }
    if (verbs.includes("update")) {
      const parameters = [PRETTY, ...WRITE_PARAMETERS];
      const body = this.#body(content);
      const put = {
        ...common,
        method: "put",
        action: "put",
        description: `replace ${description}`,
        parameters,
        body,
      } as const;
      yield this.#operation("replace", name, put, [200, 201]);
    }
    if (verbs.includes("patch")) {
      const parameters = [PRETTY, ...PATCH_PARAMETERS];
      const body = this.#patchBody();
      const patch = {
        ...common,
        method: "patch",
        action: "patch",
        description: `partially update ${description}`,
        parameters,
        body,
      } as const;
      yield this.#operation("patch", name, patch, this.#resource.custom ? [200] : [200, 201]);
    }
  }

  /** The old watch paths, which built-in kinds still have. */
  *watch(): Generator<Operation> {
    const { kind, plural, namespaced, custom } = this.#resource;
    if (custom || !this.#has("watch")) return;
    const common = {
      method: "get",
      parameters: [PRETTY, ...LIST_PARAMETERS],
      produces: [...this.#types, ...STREAMS],
      content: { definition: `${META}WatchEvent` },
    } as const;
    const list = {
      ...common,
      action: "watchlist",
      description: `watch a list of ${kind}; deprecated for list with watch`,
    } as const;
    const path = `${this.#root}/watch${this.#scoped}`;
    if (namespaced)
      yield this.#operation(
        "watch",
        `${kind}ListForAllNamespaces`,
        { ...list, path: `${this.#root}/watch/${plural}` },
        [200],
      );
    yield this.#operation("watch", `${this.#name}List`, { ...list, path }, [200]);
    if (!this.#has("get")) return;
    const description = `watch one ${kind}; deprecated for list with watch and a fieldSelector`;
    yield this.#operation(
      "watch",
      this.#name,
      { ...common, path: `${path}/{name}`, action: "watch", description },
      [200],
    );
  }

  *subresources(): Generator<Operation> {
    for (const subresource of this.#resource.subresources) {
      if (CONNECT_PARAMETERS[subresource.kind]) yield* this.#connect(subresource);
      else if (subresource.name === "log") yield this.#log();
      else yield* this.#subresource(subresource);
    }
  }

  *#subresource({ name, group, version, kind, verbs }: ApiSubresource): Generator<Operation> {
    const path = `${this.#object}/${name}`;
    const content: Content = { definition: definitionName(group, version, kind) };
    const operationName = this.#name + capitalise(name);
    const description = `${name} of the specified ${this.#resource.kind}`;
    const sub = { group, version, kind };
    // The operations of a custom resource's scale name the resource itself.
    const named = this.#resource.custom ? {} : { kind: sub };
    yield* this.#readAndWrite({ path, name: operationName, description, verbs, content, ...named });
    if (!verbs.includes("create")) return;
    const parameters = [PRETTY, ...WRITE_PARAMETERS];
    const body = this.#body(content);
    const create = {
      path,
      method: "post",
      action: "post",
      description: `create ${description}`,
      parameters,
      body,
      content,
    } as const;
    yield this.#operation("create", operationName, { ...create, ...named }, [200, 201, 202]);
  }

  #log(): Operation {
    const { kind } = this.#resource;
    const parameters = [PRETTY, ...(CONNECT_PARAMETERS.log ?? [])];
    const produces = ["text/plain", ...this.#types];
    const path = `${this.#object}/log`;
    const log = {
      path,
      method: "get",
      action: "get",
      description: `read the log of the ${kind}`,
      parameters,
      produces,
    } as const;
    return this.#operation("read", `${this.#name}Log`, { ...log, content: "string" }, [200]);
  }

  *#connect({ name, group, version, kind }: ApiSubresource): Generator<Operation> {
    const methods: Method[] =
      name === "proxy" ? ["get", "put", "post", "delete", "options", "head", "patch"] : ["get", "post"];
    const common = { action: "connect", kind: { group, version, kind }, produces: ANY, content: "string" } as const;
    const parameters = CONNECT_PARAMETERS[kind] ?? [];
    for (const method of methods) {
      const verb = method.toUpperCase();
      const description = `connect ${verb} to ${name} of the ${this.#resource.kind}`;
      const operationName = capitalise(method) + this.#name + capitalise(name);
      // Connect comes before the method in the name, but after group and version.
      const operation = { ...common, method, description, parameters };
      yield this.#operation("connect", operationName, { ...operation, path: `${this.#object}/${name}` }, [200]);
      if (name === "proxy")
        yield this.#operation(
          "connect",
          `${operationName}WithPath`,
          { ...operation, path: `${this.#object}/${name}/{path}` },
          [200],
        );
    }
  }
}
