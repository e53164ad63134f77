import type { ObjectReader } from "../admission/plugin.ts";
import type { ObjectWatch } from "../auth/object-watch.ts";
import type { GroupResource } from "../meta/errors.ts";
import { ServiceAllocator } from "./core/service/allocator.ts";
import type { PortRange } from "./core/service/node-port-allocator.ts";
import type { AllocationObserver, ServiceUsage } from "./core/service/observer.ts";
import type { StoreContext, StoreEnvironment } from "./generic/environment.ts";
import { LabelIndex } from "./generic/label-index.ts";
import { NodeIndex } from "./generic/node-index.ts";
import { GenericStore } from "./generic/store.ts";
import type { Kind } from "./kind.ts";
import { builtInKinds } from "./kinds.ts";
import { objectWatch } from "./object-watch.ts";
import { objectReader } from "./reader.ts";
import type { Registry, ResourceStore } from "./store.ts";

interface Served {
  readonly kind: Kind;
  readonly store: ResourceStore;
}

/** All that is served: built-in kinds from the start, others as they come and go. */
export class ServerRegistry implements Registry {
  readonly reader: ObjectReader;
  readonly watch: ObjectWatch;
  readonly #environment: StoreEnvironment;
  readonly #builtIn: readonly Kind[];
  readonly #served = new Map<string, Served>();
  readonly #stores = new Map<string, ResourceStore>();
  readonly #listeners = new Set<() => void>();
  #custom: readonly Kind[] = [];
  #kinds: readonly Kind[];

  constructor(
    environment: Omit<StoreEnvironment, "reader" | "nodeIndex" | "labelIndex" | "serviceAllocator"> & {
      nodePorts?: PortRange;
      allocationObserver?: AllocationObserver;
    },
  ) {
    const { storage, nodePorts, allocationObserver } = environment;
    this.reader = objectReader(storage, (resource) => this.storeOf(resource)?.kind);
    this.watch = objectWatch(storage, (resource) => this.storeOf(resource)?.kind);
    const serviceAllocator = new ServiceAllocator({
      reader: this.reader,
      store: (resource) => this.storeOf(resource),
      now: () => new Date(environment.clock.now()),
      random: environment.random,
      ...(nodePorts && { nodePorts }),
      ...(allocationObserver && { observer: allocationObserver }),
    });
    this.#environment = {
      ...environment,
      reader: this.reader,
      nodeIndex: new NodeIndex(storage),
      labelIndex: new LabelIndex(storage),
      serviceAllocator,
    };
    this.#builtIn = builtInKinds();
    this.#kinds = this.#builtIn;
    for (const kind of this.#builtIn) if (!kind.convert) this.#add(kind);
    for (const kind of this.#builtIn) if (kind.convert) this.#addConverted(kind);
  }

  /** What Services have of addresses and ports. */
  serviceUsage(): ServiceUsage {
    return this.#environment.serviceAllocator.usage();
  }

  get kinds(): readonly Kind[] {
    return this.#kinds;
  }

  lookup(group: string, version: string, resource: string): Served | undefined {
    return this.#served.get(`${group}/${version}/${resource}`);
  }

  /** The store of a resource, whatever the version. */
  storeOf({ group, resource }: GroupResource): ResourceStore | undefined {
    return this.#stores.get(`${group}/${resource}`);
  }

  /** What the store of a resource works with, for writing around admission (bootstrap). */
  contextOf(resource: GroupResource): StoreContext {
    const kind = this.storeOf(resource)?.kind;
    if (!kind) throw new Error(`no stored resource ${resource.resource}.${resource.group}`);
    return { ...this.#environment, kind };
  }

  /** A store for a kind that is served by someone else's list, such as a version of a custom resource. */
  makeStore(kind: Kind): ResourceStore {
    return new GenericStore(kind, this.#environment);
  }

  /** Replaces the custom kinds by these. @param served with the store behind each */
  setCustom(served: readonly Served[]): void {
    for (const { group, version, plural } of this.#custom) {
      this.#served.delete(`${group}/${version}/${plural}`);
      this.#stores.delete(`${group}/${plural}`);
    }
    this.#custom = served.map(({ kind }) => kind);
    for (const entry of served) this.#serve(entry);
    this.#kinds = [...this.#builtIn, ...this.#custom];
    for (const listener of [...this.#listeners]) listener();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): void {
    this.#environment.nodeIndex.stop();
    this.#environment.labelIndex.stop();
  }

  #add(kind: Kind): void {
    this.#serve({ kind, store: new GenericStore(kind, this.#environment) });
  }

  /** Another version, or another group (Events): the store is that of the storage version. */
  #addConverted(kind: Kind): void {
    const { group, version } = kind.definition;
    const store = this.lookup(group, version, kind.plural)?.store;
    if (!store) throw new Error(`no storage version of ${kind.group}/${kind.version} ${kind.kind}`);
    this.#serve({ kind, store });
  }

  #serve(served: Served): void {
    const { group, version, plural, convert, definition } = served.kind;
    this.#served.set(`${group}/${version}/${plural}`, served);
    const key = `${group}/${plural}`;
    // Versions of custom resources have a store each.
    const isMain = !convert && (!served.kind.custom || version === definition.version);
    if (isMain || !this.#stores.has(key)) this.#stores.set(key, served.store);
  }
}
