import type { Schema } from "../../openapi/schema.ts";
import { schemaForKind } from "../../openapi/types.ts";
import type { KubeObject } from "../meta/object.ts";
import { joinColumns } from "./columns.ts";
import { columnFacts, fieldLabelsOf, nameRuleFacts, type ResourceFacts } from "./facts.ts";
import type { Column, Kind, KindDefinition, Subresource } from "./kind.ts";
import { scale, status } from "./subresources.ts";

const VERBS = new Set(["get", "create", "update", "patch", "delete", "connect"]);
/** Subresources that are handed on to a kubelet or a Pod; upstream calls all their verbs CONNECT. */
const CONNECT = new Set(["attach", "exec", "portforward", "proxy"]);
/** Scale is generic for these, as each has `spec.replicas` and a selector. */
const SCALABLE = new Set(["deployments", "replicasets", "statefulsets", "replicationcontrollers"]);

export interface CompileInput {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly facts: ResourceFacts;
  readonly definition: KindDefinition<KubeObject>;
}

/** Joins a definition with the facts of one served version. Schema, columns and subresources are made when first asked for. */
export function compileKind(input: CompileInput): Kind {
  const { group, version, plural, facts, definition } = input;
  const key = `${group ? `${group}/` : ""}${version}/${plural}`;
  const other = definition.versions?.find((v) => v.version === version && (v.group ?? definition.group) === group);
  const nameRule = definition.nameRule ?? nameRuleFacts[key];
  let schema: Schema | undefined;
  let columns: readonly Column<KubeObject>[] | undefined;
  let subresources: ReadonlyMap<string, Subresource<KubeObject>> | undefined;
  return {
    group,
    version,
    kind: facts.kind,
    listKind: `${facts.kind}List`,
    plural,
    singular: facts.singular,
    namespaced: facts.namespaced,
    verbs: facts.verbs.split(" "),
    shortNames: facts.shortNames ?? [],
    categories: facts.categories ?? [],
    storageVersionHash: facts.hash ?? "",
    storagePrefix: facts.prefix ? `${facts.prefix}/` : "",
    definition: nameRule && !definition.nameRule ? { ...definition, nameRule } : definition,
    ...(other && { convert: other }),
    fieldLabels: fieldLabelsOf(key),
    custom: false,
    get schema() {
      schema ??= schemaForKind(group, version, facts.kind);
      if (!schema) throw new Error(`no type for ${key}`);
      return schema;
    },
    get columns() {
      columns ??= joinColumns(`${group}/${plural}`, columnFacts(key), other?.columns ?? definition.columns);
      return columns;
    },
    get subresources() {
      subresources ??= compileSubresources(input);
      return subresources;
    },
  };
}

function compileSubresources({
  version,
  plural,
  facts,
  definition,
}: CompileInput): ReadonlyMap<string, Subresource<KubeObject>> {
  const entries = Object.entries(facts.subresources ?? {}).map(([name, fact]) => {
    const known = definition.subresources?.[name] ?? generic(plural, name);
    const verbs = CONNECT.has(name) ? ["connect"] : fact.verbs.split(" ").filter((verb) => VERBS.has(verb));
    const [otherVersion = version, otherGroup = ""] = fact.kindGroupVersion?.split("/").reverse() ?? [];
    const isOther = fact.kindGroupVersion !== undefined || fact.kind !== facts.kind;
    const kind = isOther ? { group: otherGroup, version: otherVersion, kind: fact.kind } : undefined;
    // The cast: filtered by VERBS just above.
    return [name, { ...(kind && { kind }), ...known, verbs: verbs as Subresource<KubeObject>["verbs"] }] as const;
  });
  return new Map(entries);
}

function generic(plural: string, name: string): Partial<Subresource<KubeObject>> {
  if (name === "status") return status();
  if (name === "scale" && SCALABLE.has(plural)) return scale();
  return {};
}
