import { hostname } from "node:os";
import type { Pki } from "../../pki/pki.ts";
import type { ObjectWriter } from "../admission/plugin.ts";
import { ensureBootstrapPolicy } from "../auth/bootstrap-policy/reconcile.ts";
import { bootstrap } from "../registry/bootstrap/bootstrap.ts";
import { defaultStorageClass } from "../registry/bootstrap/default-storage-class.ts";
import type { KeyQueueObserver } from "../registry/key-queue.ts";
import type { ServerRegistry } from "../registry/registry.ts";
import type { StatusWriter } from "../registry/writer.ts";
import type { Clock } from "../storage/clock.ts";
import { frontProxyAuthorities } from "./authentication.ts";
import { keepFlowControlObjects } from "./flow-control-objects.ts";
import { keepFlowSchemaStatus } from "./flow-schema-status.ts";
import { renewIdentityLease } from "./identity-lease.ts";
import type { ServerSettings } from "./settings.ts";

export interface OwnObjectsOptions {
  readonly registry: ServerRegistry;
  readonly writer: ObjectWriter & StatusWriter;
  readonly pki: Pki;
  readonly settings: ServerSettings;
  /** Where clients find the server, and the address of its Service. */
  readonly address: { readonly advertiseAddress: string; readonly port: number; readonly serviceAddress: string };
  readonly serverId: string;
  readonly newId: () => string;
  /** Of a default StorageClass; absent: there is none. */
  readonly defaultProvisioner?: string | undefined;
  /** Told of the queue of FlowSchemas. Absent: flow control is off, and their status is nobody's business. */
  readonly flowSchemaObserver?: KeyQueueObserver | undefined;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
  /** Given what is to be called in the end. */
  readonly onStop: (release: () => void) => void;
}

/** Makes the objects that a server brings with it, and keeps those that it goes on to look after. */
export async function keepOwnObjects(options: OwnObjectsOptions): Promise<void> {
  const { registry, writer, pki, settings, address, serverId, newId, clock, now, onError, onStop } = options;
  const { defaultProvisioner, flowSchemaObserver } = options;
  const { watch, reader } = registry;
  await bootstrap(
    (resource) => registry.contextOf(resource),
    {
      ...address,
      now: now(),
      serviceRange: settings.serviceClusterIpRange,
      hostname: hostname(),
      identity: newId(),
      clientCa: pki.ca.certificate,
      requestHeaderCa: frontProxyAuthorities(pki, settings),
      requestHeader: settings.requestHeader,
    },
    defaultProvisioner ? [defaultStorageClass(defaultProvisioner)] : [],
  );
  await ensureBootstrapPolicy(reader, writer);
  const keeping = { watch, reader, writer, clock, now, onError };
  onStop(
    keepFlowControlObjects({
      ...keeping,
      contextOf: (resource) => registry.contextOf(resource),
      storeOf: (resource) => registry.storeOf(resource),
    }),
  );
  if (flowSchemaObserver) onStop(keepFlowSchemaStatus({ ...keeping, observer: flowSchemaObserver }));
  onStop(renewIdentityLease(writer, serverId, now));
}
