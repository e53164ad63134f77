import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import {
  type Clock,
  type ControllerContext,
  createClient,
  createEventRecorder,
  createInformers,
  createLogger,
  createMetrics,
  electLeader,
  loadKubeconfig,
  openTransport,
  type Random,
  runControllers,
  serveHealth,
  serviceAccountClients,
  systemClock,
} from "../client/index.ts";
import { controllers as allControllers, type ControllerSettings } from "./controllers.ts";
import { accountOf, actsAsManager } from "./credentials.ts";
import { select } from "./selection.ts";
import type { CheckPolicyTypes } from "./validating-admission-policy/status.ts";

export interface StartOptions {
  /** Path of the kubeconfig to act with. */
  readonly kubeconfig: string;
  /** As `--controllers`: `*` all, `name` that one, `-name` not that one, separated by commas. */
  readonly controllers: string;
  readonly leaderElect: boolean;
  /** pino's level names. */
  readonly logLevel: string;
  /** The real ones when absent: these two cannot be sent to a thread. */
  readonly clock?: Clock;
  readonly random?: Random;
  /** Of single controllers. The root CA is the kubeconfig's when absent, as it is what verifies this server. */
  readonly settings: ControllerSettings;
  /** What tells of types in expressions of policies. Absent: nobody does. */
  readonly checkPolicyTypes?: CheckPolicyTypes;
  /** Absent: no /healthz, /readyz and /metrics. */
  readonly health?: { readonly host: string; readonly port: number };
  /** Called when the lead is lost: everything has been stopped, and somebody should start anew. */
  onLost?(): void;
}

/** Lease, in kube-system, that copies share; its times in seconds are upstream's. */
const LEASE = {
  namespace: "kube-system",
  name: "kube-controller-manager",
  leaseSeconds: 15,
  renewDeadlineSeconds: 10,
  retrySeconds: 2,
};

export interface RunningControllers {
  /** Port of /healthz; absent when it is not served. */
  readonly healthPort: number | undefined;
  /** Resolves when every informer has its first list; not before this copy leads. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the controller manager. Without leader election it resolves when all caches are filled. Follows
 * cmd/kube-controller-manager.
 */
export async function start(options: StartOptions): Promise<RunningControllers> {
  const { clock = systemClock, random = Math.random, leaderElect } = options;
  const logger = createLogger("controllers", options.logLevel);
  const connection = await loadKubeconfig(options.kubeconfig);
  const transport = openTransport(connection, "kube-controller-manager");
  const client = createClient(transport);
  const accounts = serviceAccountClients({
    client,
    connection,
    clock,
    namespace: "kube-system",
    component: "kube-controller-manager",
  });
  const metrics = createMetrics();
  const { checkPolicyTypes } = options;
  const settings = { rootCa: connection.ca, ...options.settings, ...(checkPolicyTypes && { checkPolicyTypes }) };
  const chosen = select(allControllers(settings), options.controllers.split(","));
  let pending: readonly string[] = ["leader-election"];
  let notReady = () => pending;
  let markReady = () => {};
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });

  const lead = () => {
    const informers = createInformers({ transport, clock, random, logger });
    const context: ControllerContext = {
      client,
      informers,
      clock,
      random,
      logger,
      recorder: (component) => createEventRecorder({ client, clock, logger, component }),
    };
    const running = runControllers(chosen, context, metrics, (name) =>
      actsAsManager(name) ? client : accounts.client(accountOf(name)),
    );
    notReady = informers.pending;
    void informers.synced().then(markReady);
    return running;
  };
  const health = options.health && (await serveHealth({ ...options.health, notReady: () => notReady(), metrics }));
  const identity = `${hostname()}_${randomUUID()}`;
  const running = leaderElect
    ? electLeader({
        client,
        clock,
        random,
        logger,
        recorder: createEventRecorder({ client, clock, logger, component: identity }),
        identity,
        ...LEASE,
        lead,
        lost: () => options.onLost?.(),
      })
    : lead();

  if (!leaderElect) await ready;

  let stopping: Promise<void> | undefined;
  return {
    healthPort: health?.port,
    ready,
    stop() {
      stopping ??= (async () => {
        pending = [];
        for (const step of [
          () => running.stop(),
          () => health?.stop(),
          () => accounts.close(),
          () => transport.close(),
        ]) {
          try {
            await step();
          } catch (error) {
            logger.error({ err: error }, "stopping");
          }
        }
      })();
      return stopping;
    },
  };
}
