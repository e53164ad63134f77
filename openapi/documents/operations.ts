/**
 * Every operation of a resource, in terms that both OpenAPI versions are printed from. Follows
 * apiserver/pkg/endpoints/installer.go and, for custom resources, apiextensions-apiserver/pkg/controller/openapi/builder.
 */
import { schemaForKind } from "../types.ts";
import type { ApiResource, ApiSubresource } from "./api-resource.ts";
import { groupVersionPath } from "./api-resource.ts";
import {
  CONNECT_PARAMETERS,
  DELETE_COLLECTION_PARAMETERS,
  DELETE_PARAMETERS,
  LIST_PARAMETERS,
  NAMESPACE,
  PATCH_PARAMETERS,
  type Parameter,
  PRETTY,
  PROXIED_PATH,
  pathParameter,
  WRITE_PARAMETERS,
} from "./parameters.ts";

export type Method = "get" | "put" | "post" | "delete" | "options" | "head" | "patch";

/** A body or an answer: a definition by name, plain text, or nothing. */
export type Content = { readonly definition: string } | "string" | undefined;

export interface Operation {
  readonly path: string;
  readonly method: Method;
  readonly id: string;
  readonly tag: string;
  readonly description: string;
  /** Absent on the operations of discovery. */
  readonly action?: string;
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
  /** Without those of the path, which are in `pathParameters`. */
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly content: Content; readonly types: readonly string[]; readonly required: boolean };
  /** What swagger calls consumes when there is no body. */
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Content }>>;
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const STATUS: Content = { definition: `${META}Status` };
const JSON_AND_YAML = ["application/json", "application/yaml"];
const ALL_TYPES = [...JSON_AND_YAML, "application/vnd.kubernetes.protobuf"];
const STREAMS = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
const PATCHES = ["application/json-patch+json", "application/merge-patch+json"];
const STRATEGIC = "application/strategic-merge-patch+json";
const APPLY = "application/apply-patch+yaml";
const ANY = ["*/*"];
const DESCRIPTIONS: Readonly<Record<string, string>> = { 200: "OK", 201: "Created", 202: "Accepted" };

/** Definition name of a kind; custom ones are named by their reversed group. */
export function definitionName(group: string, version: string, kind: string): string {
  const name = schemaForKind(group, version, kind)?.name;
  return name ?? `${group.split(".").reverse().join(".")}.${version}.${kind}`;
}

/** `rbac.authorization.k8s.io` to `RbacAuthorization` or, as a tag, `rbacAuthorization`. */
function identifier(text: string, capital: boolean): string {
  const words = text.replace(/\.k8s\.io$/, "").split(/[^A-Za-z0-9]+/);
  return words.map((word, index) => (index > 0 || capital ? capitalise(word) : word)).join("");
}

function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** All operations of a resource of a group version. */
export function operationsOf(resource: ApiResource): Operation[] {
  const builder = new OperationBuilder(resource);
  return [...builder.collection(), ...builder.object(), ...builder.watch(), ...builder.subresources()];
}

/** `GET` of the resources of a group version. */
export function discoveryOperation(group: string, version: string): Operation {
  const groupId = identifier(group || "core", true);
  const tag = `${identifier(group || "core", false)}_${version}`;
  return getOperation({
    path: `/${groupVersionPath(group, version)}/`,
    id: `get${groupId}${capitalise(version)}APIResources`,
    tag,
    description: "get the resources of this version",
    content: { definition: `${META}APIResourceList` },
  });
}

/** `GET` of a group, of all groups, or of the core versions. */
export function groupOperation(path: "api" | "apis" | { readonly group: string }): Operation {
  if (path === "api")
    return getOperation({
      path: "/api/",
      id: "getCoreAPIVersions",
      tag: "core",
      description: "get the versions of the core group",
      content: { definition: `${META}APIVersions` },
    });
  if (path === "apis")
    return getOperation({
      path: "/apis/",
      id: "getAPIVersions",
      tag: "apis",
      description: "get all groups",
      content: { definition: `${META}APIGroupList` },
    });
  return getOperation({
    path: `/apis/${path.group}/`,
    id: `get${identifier(path.group, true)}APIGroup`,
    tag: identifier(path.group, false),
    description: "get this group",
    content: { definition: `${META}APIGroup` },
  });
}

/** A `GET` outside the API groups. */
export function getOperation(options: {
  path: string;
  id: string;
  tag: string;
  description: string;
  content: Content;
  types?: readonly string[];
}): Operation {
  const types = options.types ?? ALL_TYPES;
  const { path, id, tag, description } = options;
  const responses = { "200": { description: "OK", content: options.content } };
  return { path, method: "get", id, tag, description, parameters: [], consumes: types, produces: types, responses };
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
      consumes: ANY,
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
      description: `list or watch objects of kind ${kind}`,
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
        description: `delete a collection of ${kind}`,
        parameters: [PRETTY, ...DELETE_COLLECTION_PARAMETERS],
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
      description: `the ${kind}`,
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
    if (verbs.includes("get"))
      yield this.#operation(
        "read",
        name,
        { ...common, method: "get", action: "get", description: `read ${description}` },
        [200],
      );
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
        description: `change parts of ${description}`,
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
    const description = `${name} of the ${this.#resource.kind}`;
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

/** Parameters in the braces of a path, named after the kind that the operations there are about. */
export function pathParameters(path: string, kind: string): Parameter[] {
  const found: Parameter[] = [];
  if (path.includes("{name}")) found.push(pathParameter("name", `name of the ${kind}`));
  if (path.includes("{namespace}")) found.push(NAMESPACE);
  if (path.endsWith("/{path}")) found.push(PROXIED_PATH);
  return found;
}

/** Operations by path in order of the path, with the parameters that all of a path share taken out of them. */
export function byPath(
  operations: readonly Operation[],
): { path: string; shared: Parameter[]; operations: { operation: Operation; own: Parameter[] }[] }[] {
  const paths = new Map<string, Operation[]>();
  for (const operation of operations) paths.set(operation.path, [...(paths.get(operation.path) ?? []), operation]);
  return [...paths]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, list]) => {
      const first = list[0] as Operation; // every entry was made with one
      const inAll = first.parameters.filter((parameter) =>
        list.every(({ parameters }) => parameters.includes(parameter)),
      );
      const shared = [...pathParameters(path, first.kind?.kind ?? ""), ...inAll].sort(byName);
      const own = (operation: Operation) => operation.parameters.filter((one) => !inAll.includes(one)).sort(byName);
      return { path, shared, operations: list.map((operation) => ({ operation, own: own(operation) })) };
    });
}

function byName(a: Parameter, b: Parameter): number {
  return a.name === b.name ? (a.in < b.in ? -1 : 1) : a.name < b.name ? -1 : 1;
}
