import type { ObjectReader } from "../admission/plugin.ts";
import type { GroupResource } from "../meta/errors.ts";
import { flowControlSeeds } from "../registry/bootstrap/bootstrap.ts";
import { isLeftOver } from "../registry/bootstrap/flow-control.ts";
import { plant } from "../registry/bootstrap/seed.ts";
import type { StoreContext } from "../registry/generic/environment.ts";
import type { ResourceStore } from "../registry/store.ts";
import { isNotFound, serverScope } from "../registry/writer.ts";
import type { Clock } from "../storage/clock.ts";

const PERIOD_MILLISECONDS = 60_000;

interface Environment {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  contextOf(resource: GroupResource): StoreContext;
  storeOf(resource: GroupResource): ResourceStore | undefined;
  now(): Date;
  onError(error: unknown): void;
}

/**
 * Looks every minute whether the FlowSchemas and priority levels that the server has of itself are there and as they
 * should be. (pkg/registry/flowcontrol/rest/storage_flowcontrol.go) @returns stops it
 */
export function keepFlowControlObjects(environment: Environment): () => void {
  const { clock, onError } = environment;
  let cancel = (): void => undefined;
  const later = () => {
    cancel = clock.after(PERIOD_MILLISECONDS, () => {
      ensure(environment).catch(onError);
      later();
    });
  };
  later();
  return () => cancel();
}

async function ensure({ reader, contextOf, storeOf, now }: Environment): Promise<void> {
  for (const { group, resource, fieldManager, seeds } of flowControlSeeds(now())) {
    const kept = { group, resource };
    const scope = serverScope(now(), fieldManager);
    for (const seed of seeds) await plant(contextOf(kept), seed, scope);
    const known = seeds.map(({ object }) => object.metadata.name ?? "");
    for (const object of reader.list(kept, "")) {
      if (!isLeftOver(object, known)) continue;
      await storeOf(kept)
        ?.delete("", object.metadata.name ?? "", {}, scope)
        .catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
    }
  }
}
