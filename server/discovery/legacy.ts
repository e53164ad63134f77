import type { Kind } from "../registry/kind.ts";
import type { ServedGroup, ServedVersion } from "./groups.ts";
import { discovered } from "./resources.ts";

/** `/api`: versions of core. Without apiVersion, as it always was. */
export function apiVersions(serverAddress: string): object {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
  };
}

/** `/apis`. */
export function apiGroupList(groups: readonly ServedGroup[]): object {
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(groupFields) };
}

/** `/apis/<group>`. */
export function apiGroup(group: ServedGroup): object {
  return { kind: "APIGroup", apiVersion: "v1", ...groupFields(group) };
}

function groupFields({ name, versions }: ServedGroup) {
  const list = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: list, preferredVersion: list[0] };
}

/** `/api/v1` and `/apis/<group>/<version>`. Core's has no apiVersion. */
export function apiResourceList(group: string, { version, kinds }: ServedVersion): object {
  return {
    kind: "APIResourceList",
    ...(group && { apiVersion: "v1" }),
    groupVersion: group ? `${group}/${version}` : version,
    resources: kinds.flatMap(resources),
  };
}

function resources(kind: Kind): object[] {
  const { plural, singular, namespaced, shortNames, categories, storageVersionHash } = kind;
  const { verbs, subresources } = discovered(kind);
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind: kind.kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(storageVersionHash && { storageVersionHash }),
  };
  const below = subresources.map(({ name, responseKind, foreign, verbs }) => ({
    name: `${plural}/${name}`,
    singularName: "",
    namespaced,
    ...(foreign && { ...(responseKind.group && { group: responseKind.group }), version: responseKind.version }),
    kind: responseKind.kind,
    verbs,
  }));
  return [main, ...below];
}
