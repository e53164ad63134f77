import type { UserInfo } from "../auth/authenticator.ts";
import type { GroupResource } from "../meta/errors.ts";
import type { KubeObject } from "../meta/object.ts";

export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

/** One request as admission sees it. (apiserver/pkg/admission Attributes) */
export interface AdmissionAttributes<T extends KubeObject = KubeObject> {
  readonly operation: Operation;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly namespace: string;
  /** Empty on create with generateName. */
  readonly name: string;
  /** The new object; mutating plugins change it in place. Undefined on DELETE. For CONNECT, the options. */
  object: T | undefined;
  /** The object as stored. Undefined on CREATE and CONNECT. */
  readonly oldObject: T | undefined;
  /** CreateOptions, UpdateOptions, PatchOptions, DeleteOptions or the connect options, with kind and apiVersion. */
  readonly options: Record<string, unknown>;
  readonly dryRun: boolean;
  readonly user: UserInfo;
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
  readonly now: () => Date;
}

/** One policy. Throw a StatusError to reject. */
export interface AdmissionPlugin<T extends KubeObject = KubeObject> {
  /** Upstream's plugin name, as in --enable-admission-plugins. */
  readonly name: string;
  /** Only requests for this resource and its subresources reach the plugin; absent = all. `group` defaults to core. */
  readonly resource?: string;
  readonly group?: string;
  readonly operations: readonly Operation[];
  admit?(attributes: AdmissionAttributes<T>, context: AdmissionContext): void | Promise<void>;
  validate?(attributes: AdmissionAttributes<T>, context: AdmissionContext): void | Promise<void>;
}
