import type { AdmissionAttributes, ObjectReader } from "../../admission/plugin.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Random } from "../../meta/random.ts";
import type { Clock } from "../../storage/clock.ts";
import type { Storage } from "../../storage/storage.ts";
import type { ServiceAllocator } from "../core/service/allocator.ts";
import type { Kind, RequestContext, Subresource } from "../kind.ts";
import type { RegistryObserver } from "../observer.ts";
import type { Services } from "../services.ts";
import type { RequestScope } from "../store.ts";
import type { LabelIndex } from "./label-index.ts";
import type { NodeIndex } from "./node-index.ts";

/** The plugins in order: what the registry knows of admission. */
export interface AdmissionChain {
  admit(attributes: AdmissionAttributes): Promise<void>;
  validate(attributes: AdmissionAttributes): Promise<void>;
}

/** What all stores share. */
export interface StoreEnvironment {
  readonly storage: Storage;
  readonly admission: AdmissionChain;
  readonly reader: ObjectReader;
  readonly random: Random;
  readonly clock: Clock;
  readonly nodeIndex: NodeIndex;
  readonly labelIndex: LabelIndex;
  readonly services: Services;
  readonly serviceAllocator: ServiceAllocator;
  /** Counts for metrics; absent: nobody does. */
  readonly observer?: RegistryObserver;
  /** `--event-ttl`: takes the place of the time that kinds that expire say themselves. */
  readonly eventTtlSeconds?: number;
}

/** One store's view: the environment and its kind. */
export interface StoreContext extends StoreEnvironment {
  readonly kind: Kind;
}

/** What strategies see of a request. */
export function requestContext(environment: StoreEnvironment, scope: RequestScope): RequestContext {
  const { reader, services, serviceAllocator } = environment;
  return {
    user: scope.user,
    now: scope.now,
    verb: scope.verb,
    requestVersion: scope.requestVersion,
    reader,
    services,
    serviceAllocator,
    warn: (message) => scope.warn(message),
    annotate: (key, value) => scope.annotate(key, value),
  };
}

/** What admission sees of a request. */
export function admissionAttributes(
  kind: Kind,
  scope: RequestScope,
  request: {
    operation: AdmissionAttributes["operation"];
    subresource?: string;
    subresourceKind?: Subresource<KubeObject>["kind"];
    namespace: string;
    name: string;
    object: KubeObject | undefined;
    oldObject: KubeObject | undefined;
    options?: Record<string, unknown>;
  },
): AdmissionAttributes {
  const { operation, subresource = "", subresourceKind, namespace, name, object, oldObject } = request;
  const { group, version, plural } = kind;
  return {
    operation,
    group,
    version,
    resource: plural,
    subresource,
    kind: subresourceKind ?? { group, version, kind: kind.kind },
    requestVersion: scope.requestVersion,
    namespace,
    name,
    object,
    oldObject,
    options: request.options ?? scope.options,
    dryRun: scope.dryRun,
    user: scope.user,
    warn: (message) => scope.warn(message),
    annotate: (key, value) => scope.annotate(key, value),
  };
}
