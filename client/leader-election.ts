import type { Lease } from "../openapi/api/coordination.k8s.io.v1.ts";
import { isAlreadyExists, isConflict, isNotFound } from "./api-error.ts";
import type { Client } from "./client.ts";
import { type Clock, type Random, sleep } from "./clock.ts";
import type { EventRecorder } from "./event-recorder.ts";
import type { Logger } from "./logger.ts";
import { microTimestamp } from "./series-recorder.ts";

export interface LeaderElectionOptions {
  client: Client;
  clock: Clock;
  random: Random;
  logger: Logger;
  recorder?: EventRecorder;
  namespace: string;
  /** Name of the Lease. */
  name: string;
  /** Unique a process. */
  identity: string;
  leaseSeconds: number;
  renewDeadlineSeconds: number;
  retrySeconds: number;
  /** Runs while leading. The handle is stopped when the lead is lost. */
  lead(): { stop(): void | Promise<void> } | Promise<{ stop(): void | Promise<void> }>;
  /** Called after the lead was lost, not after `stop`. */
  lost(): void;
}

export interface LeaderElection {
  readonly leading: boolean;
  /** @returns what is wrong: it leads by a Lease that ran out long ago, as something hangs. (leaderelection.go Check) */
  check(): string | undefined;
  stop(): Promise<void>;
}

/** How long after the end of its Lease a leader counts as well, in ms. (NewLeaderHealthzAdaptor) */
const TOLERATED = 20_000;
const LEASES = "coordination.k8s.io/v1/leases";
const JITTER = 1.2;

/**
 * Takes part in the election by a Lease. A holder counts as gone when its Lease has not changed for its duration *by
 * our clock*: clocks of different machines are never compared. (client-go/tools/leaderelection)
 */
export function electLeader(options: LeaderElectionOptions): LeaderElection {
  const { client, clock, random, logger, recorder, namespace, name, identity } = options;
  const aborted = new AbortController();
  const where = { name, namespace };
  let observed = { version: "", at: 0 };
  let leading = false;
  let renewedAt = 0;

  /** @returns true when the Lease is ours afterwards. */
  const tryAcquireOrRenew = async (): Promise<boolean> => {
    const now = clock.now();
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: options.leaseSeconds,
      renewTime: microTimestamp(now),
    };
    const current = await client.get(LEASES, where).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (!current) {
      await client.create(LEASES, {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name, namespace },
        spec: { ...spec, acquireTime: spec.renewTime, leaseTransitions: 0 },
      });
      return true;
    }
    const version = current.metadata.resourceVersion ?? "";
    if (version !== observed.version) observed = { version, at: now.getTime() };
    const holder = current.spec.holderIdentity;
    const lastsMs = (current.spec.leaseDurationSeconds ?? options.leaseSeconds) * 1000;
    if (holder && holder !== identity && observed.at + lastsMs > now.getTime()) return false;
    const transitions = current.spec.leaseTransitions ?? 0;
    const taken: Lease = {
      ...current,
      spec:
        holder === identity
          ? { ...current.spec, ...spec }
          : { ...current.spec, ...spec, acquireTime: spec.renewTime, leaseTransitions: transitions + 1 },
    };
    const saved = await client.update(LEASES, taken);
    observed = { version: saved.metadata.resourceVersion ?? "", at: now.getTime() };
    return true;
  };
  const attempt = async (): Promise<boolean> => {
    try {
      const isOurs = await tryAcquireOrRenew();
      if (isOurs) renewedAt = clock.now().getTime();
      return isOurs;
    } catch (error) {
      // Somebody was quicker; or the server is away, which the deadline below bounds.
      if (!isConflict(error) && !isAlreadyExists(error)) logger.warn({ err: error }, "lease not renewed");
      return false;
    }
  };
  const lease = (): Lease => ({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { ...where },
    spec: {},
  });

  const run = async () => {
    while (!(await attempt())) {
      await sleep(clock, options.retrySeconds * 1000 * (1 + random() * JITTER), aborted.signal);
      if (aborted.signal.aborted) return;
    }
    if (aborted.signal.aborted) return release();
    leading = true;
    recorder?.event(lease(), "Normal", "LeaderElection", `${identity} became leader`);
    logger.info({ identity }, "became leader");
    // What takes long to start must not cost the lead.
    const handle = Promise.resolve(options.lead());
    await renew();
    leading = false;
    await (await handle).stop();
    if (aborted.signal.aborted) return release();
    recorder?.event(lease(), "Normal", "LeaderElection", `${identity} stopped leading`);
    logger.error({ identity }, "lost the lead");
    options.lost();
  };
  /** Resolves when it was not possible for too long. A request that hangs counts like one that fails. */
  const renew = async () => {
    let end = clock.now().getTime() + options.renewDeadlineSeconds * 1000;
    for (;;) {
      await sleep(clock, options.retrySeconds * 1000, aborted.signal);
      if (aborted.signal.aborted) return;
      const began = clock.now().getTime();
      const answered = new AbortController();
      const late = sleep(clock, end - began, AbortSignal.any([aborted.signal, answered.signal])).then(() => false);
      const isRenewed = await Promise.race([attempt(), late]);
      answered.abort();
      if (isRenewed) end = began + options.renewDeadlineSeconds * 1000;
      else if (clock.now().getTime() >= end) return;
    }
  };
  /** Hands the Lease on at once instead of letting it run out. */
  const release = async () => {
    try {
      const current = await client.get(LEASES, where);
      if (current.spec.holderIdentity !== identity) return;
      const now = microTimestamp(clock.now());
      const spec = { ...current.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
      await client.update(LEASES, { ...current, spec });
    } catch (error) {
      logger.debug({ err: error }, "lease not released");
    }
  };
  const ended = run();
  return {
    get leading() {
      return leading;
    },
    check() {
      const isLate = clock.now().getTime() - renewedAt > options.leaseSeconds * 1000 + TOLERATED;
      return leading && isLate ? `failed election to renew leadership on lease ${name}` : undefined;
    },
    async stop() {
      aborted.abort();
      await ended;
    },
  };
}
