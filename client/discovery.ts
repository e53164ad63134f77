import type { Transport } from "./transport.ts";

/** A resource that the server has, in the version that its group prefers. */
export interface DiscoveredResource {
  group: string;
  version: string;
  resource: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
}

/** What discovery came to. A group behind an extension server that does not answer is named in `failed`. */
export interface Discovery {
  resources: DiscoveredResource[];
  /** `group/version`. */
  failed: string[];
}

interface GroupDiscovery {
  metadata: { name?: string };
  versions?: {
    version: string;
    freshness?: "Current" | "Stale";
    resources?: { resource: string; responseKind?: { kind?: string }; scope?: string; verbs?: string[] }[];
  }[];
}

const ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

/** All resources, each once, by aggregated discovery (API servers from 1.30 on). */
export async function discoverResources(transport: Transport): Promise<Discovery> {
  const found = new Map<string, DiscoveredResource>();
  const failed: string[] = [];
  for (const path of ["/api", "/apis"]) {
    // The media type that was asked for says what this is; `kind` is checked before anything is believed.
    const list = (await transport.request({ method: "GET", path, accept: ACCEPT })) as {
      kind?: string;
      items?: GroupDiscovery[];
    };
    if (list.kind !== "APIGroupDiscoveryList") throw new Error(`${path}: no aggregated discovery`);
    for (const { metadata, versions = [] } of list.items ?? []) {
      const group = metadata.name ?? "";
      for (const { version, freshness, resources = [] } of versions) {
        if (freshness === "Stale") failed.push(group ? `${group}/${version}` : version);
        for (const { resource, responseKind, scope, verbs = [] } of resources) {
          const key = `${group}/${resource}`; // versions come in order of preference
          const kind = responseKind?.kind ?? "";
          if (!found.has(key))
            found.set(key, { group, version, resource, kind, namespaced: scope === "Namespaced", verbs });
        }
      }
    }
  }
  return { resources: [...found.values()], failed };
}

/** What one version serves, subresources as well. @throws ApiError 404 when it is not served */
export async function resourceList(
  transport: Transport,
  groupVersion: string,
): Promise<{ resources?: { name: string; kind: string }[] }> {
  const path = groupVersion.includes("/") ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
  // This path answers an APIResourceList and nothing else.
  return (await transport.request({ method: "GET", path })) as { resources?: { name: string; kind: string }[] };
}

/** `apps/v1/deployments` */
export function resourceNameOf({ group, version, resource }: DiscoveredResource): string {
  return group ? `${group}/${version}/${resource}` : `${version}/${resource}`;
}
