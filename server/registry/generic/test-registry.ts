import { parseFieldSelector } from "../../meta/fields.ts";
import { parseLabelSelector } from "../../meta/labels.ts";
import { systemClock } from "../../storage/clock.ts";
import { openStorage } from "../../storage/open.ts";
import type { Storage } from "../../storage/storage.ts";
import type { RegistryObserver } from "../observer.ts";
import { ServerRegistry } from "../registry.ts";
import type { Services } from "../services.ts";
import type { ListRequest, RequestScope, ResourceStore } from "../store.ts";
import { serverScope } from "../writer.ts";
import type { AdmissionChain } from "./environment.ts";

export const testStorage = () => openStorage("memory:", { durability: "relaxed", historySeconds: 0 });

/** A registry in memory for tests, without admission unless one is given. */
export async function testRegistry(
  admission?: Partial<AdmissionChain>,
  { storage, observer }: { storage?: Storage; observer?: RegistryObserver } = {},
): Promise<ServerRegistry> {
  return new ServerRegistry({
    storage: storage ?? (await testStorage()),
    ...(observer && { observer }),
    admission: { admit: async () => undefined, validate: async () => undefined, ...admission },
    random: Math.random,
    clock: systemClock,
    services: {} as Services, // none of the kinds in these tests needs one
  });
}

export function storeOf(registry: ServerRegistry, resource: string, group = ""): ResourceStore {
  const store = registry.storeOf({ group, resource });
  if (!store) throw new Error(`no ${resource}`);
  return store;
}

export const scope = (more: Partial<RequestScope> = {}): RequestScope => ({
  ...serverScope(new Date(), "test"),
  ...more,
});

export function listRequest(more: { labels?: string; fields?: string } & Partial<ListRequest> = {}): ListRequest {
  const { labels = "", fields = "", ...rest } = more;
  return {
    namespace: "a",
    labelSelector: parseLabelSelector(labels),
    fieldSelector: parseFieldSelector(fields),
    limit: 0,
    continue: "",
    resourceVersion: "",
    resourceVersionMatch: "",
    ...rest,
  };
}

/** What an update of a test wants, when it wants nothing special. */
export const PLAIN = { forceAllowCreate: false, managedFields: "update" } as const;
