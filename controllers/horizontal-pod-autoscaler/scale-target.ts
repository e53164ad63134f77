import {
  type Client,
  type Clock,
  type DiscoveredResource,
  discoverResources,
  resourceNameOf,
} from "../../client/index.ts";
import type { Scale } from "../../openapi/api/autoscaling.v1.ts";

/** Resources of kinds, as discovery tells them. */
export interface Mapper {
  /** @throws Error in upstream's words when no resource is of the kind */
  resources(group: string, kind: string): Promise<DiscoveredResource[]>;
}

const FRESH_MS = 30_000;

/** Remembers discovery for half a minute, and asks anew for kinds that it does not know. (restmapper) */
export function createMapper(client: Client, clock: Clock): Mapper {
  let known: readonly DiscoveredResource[] = [];
  let until = 0;
  const find = (group: string, kind: string) => known.filter((one) => one.group === group && one.kind === kind);
  return {
    async resources(group, kind) {
      if (clock.now().getTime() >= until || !find(group, kind).length) {
        known = (await discoverResources(client.transport)).resources;
        until = clock.now().getTime() + FRESH_MS;
      }
      const found = find(group, kind);
      if (!found.length)
        throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`);
      return found;
    },
  };
}

/** `deployments.apps`, or `pods`. (schema.GroupResource) */
export const groupResource = ({ group, resource }: Pick<DiscoveredResource, "group" | "resource">): string =>
  group ? `${resource}.${group}` : resource;

/**
 * Group of an apiVersion.
 * @throws Error in upstream's words (schema.ParseGroupVersion)
 */
export function groupOf(apiVersion: string): string {
  const parts = apiVersion.split("/");
  if (parts.length > 2) throw new Error(`unexpected GroupVersion string: ${apiVersion}`);
  return parts.length === 2 ? (parts[0] ?? "") : "";
}

/** What is scaled: an object of any kind that has the subresource, custom ones as well. */
export interface ScaleTarget {
  scale: Scale;
  read(): Promise<Scale>;
  write(scale: Scale): Promise<void>;
}

/**
 * Finds the first resource of a kind that answers; the first error counts when none does. (scaleForResourceMappings)
 */
export async function findScale(
  client: Client,
  resources: readonly DiscoveredResource[],
  { namespace, name }: { namespace: string; name: string },
): Promise<ScaleTarget> {
  let first: unknown;
  for (const one of resources) {
    const resource = resourceNameOf(one);
    const where = { namespace, name, subresource: "scale" };
    // Every scale subresource speaks of autoscaling/v1.
    const read = async () => (await client.get(resource, where)) as Scale;
    try {
      const write = async (scale: Scale) => void (await client.updateSubresource(resource, where, scale));
      return { scale: await read(), read, write };
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}
