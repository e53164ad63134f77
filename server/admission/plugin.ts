import type { UserInfo } from "../auth/authenticator.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import type { GroupResource } from "../meta/errors.ts";
import type { KubeObject } from "../meta/object.ts";
import type { Random } from "../meta/random.ts";
import type { Reinvocation } from "./reinvocation.ts";

export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

/** One request as admission sees it. (apiserver/pkg/admission Attributes) */
export interface AdmissionAttributes<T extends KubeObject = KubeObject> {
  readonly operation: Operation;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  /** Version that the client speaks, where it is not the one above: webhooks are told. */
  readonly requestVersion?: { readonly group: string; readonly version: string } | undefined;
  readonly namespace: string;
  /** Empty on create with generateName. */
  readonly name: string;
  /** The new object; mutating plugins change it in place. Undefined on DELETE. For CONNECT, the options. */
  object: T | undefined;
  /** The object as stored. Undefined on CREATE and CONNECT. */
  readonly oldObject: T | undefined;
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions, with kind and apiVersion. Empty on CONNECT. */
  readonly options: Record<string, unknown>;
  readonly dryRun: boolean;
  readonly user: UserInfo;
  /** What mutating webhooks and policies remember between the two rounds of one request. */
  reinvocation?: Reinvocation;
  /** Adds a `Warning` header to the answer. */
  warn(message: string): void;
  /** Adds an annotation to the audit event. */
  annotate(key: string, value: string): void;
}

/** Reads other objects, newest state from memory, without authorization. Passed in by start.ts. */
export interface ObjectReader {
  get<T extends KubeObject>(resource: GroupResource, namespace: string, name: string): Readonly<T> | undefined;
  list<T extends KubeObject>(resource: GroupResource, namespace: string): readonly Readonly<T>[];
}

/** Writes objects on the server's own behalf (for example a quota's usage), through the same registry. */
export interface ObjectWriter {
  create(resource: GroupResource, object: KubeObject): Promise<KubeObject>;
  /** Reads, changes and writes with compare-and-set; retries lost races. `change` returns undefined to leave it. */
  update<T extends KubeObject>(
    resource: GroupResource,
    namespace: string,
    name: string,
    change: (current: T) => T | undefined,
    subresource?: string,
  ): Promise<T>;
}

export interface AdmissionContext {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  /** Asked by plugins that guard more than the request itself: signers, audiences, owners. */
  readonly authorizer: Authorizer;
  readonly now: () => Date;
  readonly random: Random;
  readonly sleep: (milliseconds: number) => Promise<unknown>;
  /** Whom a certificate request in PEM is for. @throws Error */
  readonly certificateSubject: (pem: string) => {
    readonly commonName: string;
    readonly organizations: readonly string[];
  };
  /** Resources with this kind, whatever the version. Owner references name kinds. */
  readonly resourcesOf: (
    group: string,
    version: string,
    kind: string,
  ) => readonly { readonly resource: string; readonly namespaced: boolean }[];
}

/** One policy. Throw a StatusError to reject. */
export interface AdmissionPlugin<T extends KubeObject = KubeObject> {
  /** Upstream's plugin name, as in --enable-admission-plugins. */
  readonly name: string;
  /** Only requests for these resources and their subresources reach it: `pods`, `ingresses.networking.k8s.io`. Absent = all. */
  readonly resources?: readonly string[];
  readonly operations: readonly Operation[];
  admit?(attributes: AdmissionAttributes<T>, context: AdmissionContext): void | Promise<void>;
  validate?(attributes: AdmissionAttributes<T>, context: AdmissionContext): void | Promise<void>;
}
