import { isDeepStrictEqual } from "node:util";
import type { OpenApiV2 } from "../openapi-v2.ts";
import type { JsonSchema } from "./api-resource.ts";

/** As much of an OpenAPI 2.0 document as matters when it becomes part of another. */
export type OpenApiPart = Partial<Pick<OpenApiV2, "paths" | "definitions" | "parameters">>;

type Section = "definitions" | "parameters";

const GVK = "x-kubernetes-group-version-kind";

/**
 * Keeps the paths that begin with one of the prefixes, and drops what only the others referred to.
 * (kube-openapi/pkg/aggregator FilterSpecByPaths)
 */
export function filterByPaths(document: OpenApiPart, prefixes: readonly string[]): OpenApiPart {
  const { paths, definitions = {} } = document;
  if (!paths) return document;
  const before = referencesOf(document);
  const kept = {
    ...document,
    paths: Object.fromEntries(Object.entries(paths).filter(([path]) => prefixes.some((each) => path.startsWith(each)))),
  };
  const after = referencesOf(kept);
  return {
    ...kept,
    definitions: Object.fromEntries(
      Object.entries(definitions).filter(
        ([name]) => after.has(refOf("definitions", name)) || !before.has(refOf("definitions", name)),
      ),
    ),
  };
}

/**
 * Adds a document to another, whose paths win. Definitions and parameters of the same name that differ get a new one.
 * (kube-openapi/pkg/aggregator MergeSpecsIgnorePathConflictRenamingDefinitionsAndParameters)
 */
export function mergeDocument(into: OpenApiV2, from: OpenApiPart): OpenApiV2 {
  if (!from.paths) return into;
  const fresh = Object.keys(from.paths).filter((path) => !(path in into.paths));
  if (fresh.length === 0) return into;
  const chosen = fresh.length === Object.keys(from.paths).length ? from : filterByPaths(from, fresh);
  const renames = new Map([...conflicts("definitions", into, chosen), ...conflicts("parameters", into, chosen)]);
  const source = rename(chosen, renames);
  const definitions = { ...into.definitions };
  for (const [name, schema] of Object.entries(source.definitions ?? {})) {
    const known = definitions[name];
    definitions[name] = known ? withKinds(known, schema) : schema;
  }
  return {
    ...into,
    paths: { ...into.paths, ...source.paths },
    definitions,
    parameters: { ...source.parameters, ...into.parameters },
  };
}

const refOf = (section: Section, name: string) => `#/${section}/${name}`;

function referencesOf(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return found;
  for (const [key, below] of Object.entries(value)) {
    if (key === "$ref" && typeof below === "string") found.add(below);
    else referencesOf(below, found);
  }
  return found;
}

/** @returns new references by old ones */
function conflicts(section: Section, into: OpenApiPart, from: OpenApiPart): Map<string, string> {
  const theirs = into[section] ?? {};
  const ours = from[section] ?? {};
  const taken = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
  const renames = new Map<string, string>();
  for (const [name, schema] of Object.entries(ours)) {
    if (!Object.hasOwn(theirs, name) || same(theirs[name], schema)) continue;
    let count = 2;
    let fresh = `${name}_v${count}`;
    // One that an earlier document brought is used again.
    while (Object.hasOwn(theirs, fresh) ? !same(theirs[fresh], schema) : taken.has(fresh)) {
      count += 1;
      fresh = `${name}_v${count}`;
    }
    taken.add(fresh);
    renames.set(refOf(section, name), refOf(section, fresh));
  }
  return renames;
}

const same = (a: JsonSchema | undefined, b: JsonSchema): boolean =>
  isDeepStrictEqual({ ...a, [GVK]: undefined }, { ...b, [GVK]: undefined });

function rename(document: OpenApiPart, renames: ReadonlyMap<string, string>): OpenApiPart {
  if (renames.size === 0) return document;
  const replaced = withReferences(document, renames) as OpenApiPart;
  const section = (name: Section) =>
    Object.fromEntries(
      Object.entries(replaced[name] ?? {}).map(([key, value]) => [
        renames.get(refOf(name, key))?.slice(refOf(name, "").length) ?? key,
        value,
      ]),
    );
  return { ...replaced, definitions: section("definitions"), parameters: section("parameters") };
}

function withReferences(value: unknown, renames: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((each) => withReferences(each, renames));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, below]) => [
      key,
      key === "$ref" && typeof below === "string" ? (renames.get(below) ?? below) : withReferences(below, renames),
    ]),
  );
}

/** The kinds of both, each once. */
function withKinds(known: JsonSchema, other: JsonSchema): JsonSchema {
  const [ours = [], theirs = []] = [known[GVK], other[GVK]] as (unknown[] | undefined)[];
  const missing = theirs.filter((kind) => !ours.some((each) => isDeepStrictEqual(each, kind)));
  return missing.length > 0 ? { ...known, [GVK]: [...ours, ...missing] } : known;
}
