import type { APIService } from "../../openapi/api/apiregistration.k8s.io.v1.ts";

/** One of an APIResourceList. */
interface Resource {
  readonly name: string;
  readonly singularName?: string;
  readonly namespaced?: boolean;
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
  readonly verbs?: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/**
 * What a server says of its resources, as aggregated discovery tells it: subresources within their resources.
 * (apiserver/pkg/endpoints/discovery/aggregated ConvertGroupVersionIntoToDiscovery)
 */
export function remoteResources(document: unknown, { group = "", version = "" }: APIService["spec"]): object[] {
  // The cast: another server's document; what it lacks is left out.
  const { resources } = (document ?? {}) as { resources?: readonly Resource[] };
  const all = Array.isArray(resources) ? (resources as readonly Resource[]) : [];
  const kindOf = (resource: Resource) => ({
    group: resource.group || group,
    version: resource.version || version,
    kind: resource.kind ?? "",
  });
  return all
    .filter(({ name }) => !name.includes("/"))
    .map((resource) => {
      const { name, singularName = "", namespaced, verbs = [], shortNames, categories } = resource;
      const below = all.filter((each) => each.name.startsWith(`${name}/`));
      return {
        resource: name,
        responseKind: kindOf(resource),
        scope: namespaced ? "Namespaced" : "Cluster",
        singularResource: singularName,
        verbs,
        ...(shortNames && { shortNames }),
        ...(categories && { categories }),
        ...(below.length > 0 && {
          subresources: below.map((each) => ({
            subresource: each.name.slice(name.length + 1),
            responseKind: kindOf(each),
            verbs: each.verbs ?? [],
          })),
        }),
      };
    });
}
