import { createHash } from "node:crypto";
import type { Kind } from "../registry/kind.ts";
import type { ServedGroup, ServedVersion } from "./groups.ts";
import { discovered } from "./resources.ts";

/** apidiscovery.k8s.io/v2 APIGroupDiscoveryList. */
export interface GroupDiscoveryList {
  readonly kind: "APIGroupDiscoveryList";
  readonly apiVersion: "apidiscovery.k8s.io/v2";
  readonly metadata: object;
  readonly items: readonly object[];
}

/** Everything about these groups in one document. (KEP-3352) */
export function groupDiscoveryList(groups: readonly ServedGroup[]): GroupDiscoveryList {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: { ...(name && { name }) },
      versions: versions.map(versionDiscovery),
    })),
  };
}

/** The name of a state of the document, for If-None-Match. */
export function etagOf(text: string): string {
  return `"${createHash("sha512").update(text).digest("hex").toUpperCase()}"`;
}

function versionDiscovery({ version, kinds, remote }: ServedVersion): object {
  const list = remote ? remote.resources : kinds.map(resourceDiscovery);
  return { version, ...(list.length > 0 && { resources: list }), freshness: remote?.stale ? "Stale" : "Current" };
}

function resourceDiscovery(kind: Kind): object {
  const { plural, singular, namespaced, shortNames, categories } = kind;
  const { verbs, subresources } = discovered(kind);
  return {
    resource: plural,
    responseKind: own(kind, { group: kind.group, version: kind.version, kind: kind.kind }, false),
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map(({ name, responseKind, foreign, verbs }) => ({
        subresource: name,
        responseKind: own(kind, responseKind, foreign),
        verbs,
      })),
    }),
  };
}

/** Built-in kinds leave group and version of their own empty. */
function own(kind: Kind, response: { group: string; version: string; kind: string }, foreign: boolean) {
  return foreign || kind.custom ? response : { group: "", version: "", kind: response.kind };
}
