import { deepCopy, semanticEqual } from "../../meta/equality.ts";
import type { GroupResource } from "../../meta/errors.ts";
import type { KubeObject, UnstructuredObject } from "../../meta/object.ts";
import { fillSystemFields } from "../generic/create.ts";
import type { StoreContext } from "../generic/environment.ts";
import { prefixOf } from "../generic/keys.ts";
import { trackFields, withAppliedStatus } from "../generic/managed-fields.ts";
import { storedOf } from "../generic/stored.ts";
import { putObject } from "../generic/write.ts";
import type { RequestScope } from "../store.ts";

/** An object that is there whenever the server runs. */
export interface Seed {
  readonly object: KubeObject;
  /** `create`: what exists is left alone. `enforce`: everything but metadata is put back at each start. */
  readonly mode: "create" | "enforce";
  /** What its strategy sets on creation, which belongs to no manager. */
  readonly prepare?: (object: KubeObject) => void;
  /** Who applies its status, a moment after the creation where upstream is concerned. */
  readonly statusManager?: string;
  /** Merges into what exists, for those that only add. @returns undefined to leave it */
  readonly reconcile?: (current: KubeObject) => KubeObject | undefined;
}

/** Seeds of one resource. */
export interface Seeds extends GroupResource {
  readonly fieldManager: string;
  readonly seeds: readonly Seed[];
}

/**
 * Creates or corrects one object, without admission: it is the server's own. Many at once go into one commit.
 */
export async function plant(store: StoreContext, seed: Seed, scope: RequestScope): Promise<void> {
  const { kind, storage } = store;
  const wanted = deepCopy(seed.object);
  wanted.kind = kind.kind;
  wanted.apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version;
  kind.definition.defaults?.(wanted);
  const { namespace = "", name = "" } = wanted.metadata;
  const key = prefixOf(kind, namespace) + name;
  for (;;) {
    const change = storage.peek(key);
    const current = change && storedOf(kind, change);
    if (!current) {
      const object = deepCopy(wanted);
      trackFields(kind, "", { object, live: undefined }, scope);
      seed.prepare?.(object);
      fillSystemFields(store, object, scope);
      if (await putObject(store, key, withStatusManager(store, seed, object, scope), 0)) return;
      continue;
    }
    const next = correction(seed, wanted, current.object);
    if (!next || semanticEqual(next, current.object)) return;
    trackFields(kind, "", { object: next, live: current.object }, scope);
    if (await putObject(store, key, next, current.revision)) return;
  }
}

function withStatusManager({ kind }: StoreContext, { statusManager }: Seed, object: KubeObject, { now }: RequestScope) {
  if (!statusManager) return object;
  const { status } = object as UnstructuredObject;
  return withAppliedStatus(kind, object, status, { fieldManager: statusManager, now });
}

function correction(
  { mode, reconcile }: Seed,
  wanted: KubeObject,
  current: Readonly<KubeObject>,
): KubeObject | undefined {
  if (reconcile) return reconcile(deepCopy(current));
  if (mode === "create") return undefined;
  const { status: _, ...fields } = wanted as UnstructuredObject;
  const metadata = deepCopy(current.metadata);
  for (const map of ["labels", "annotations"] as const) {
    if (wanted.metadata[map]) metadata[map] = { ...metadata[map], ...wanted.metadata[map] };
  }
  return { ...deepCopy(current), ...fields, metadata };
}
