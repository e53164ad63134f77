import {
  type Clock,
  type ControllerContext,
  createClient,
  createEventRecorder,
  createInformers,
  createMetrics,
  electLeader,
  type Logger,
  loadKubeconfig,
  openTransport,
  type Random,
  runControllers,
  serveHealth,
} from "../client/index.ts";
import { controllers as allControllers, type ControllerSettings } from "./controllers.ts";

export interface StartOptions extends ControllerSettings {
  /** Path of a kubeconfig. */
  kubeconfig: string;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Which ones run: `*` all, `name` that one, `-name` not that one. */
  controllers: readonly string[];
  /** Absent: no election, this is the only copy. */
  leaderElection?: {
    identity: string;
    namespace: string;
    leaseSeconds: number;
    renewDeadlineSeconds: number;
    retrySeconds: number;
  };
  /** Absent: no /healthz, /readyz and /metrics. */
  health?: { host: string; port: number };
  /** Called when the lead is lost: the supervisor starts anew. */
  onLost?(): void;
}

export interface RunningControllers {
  /** Port of /healthz; absent when it is not served. */
  readonly healthPort: number | undefined;
  /** Resolves when every informer has its first list; not before this copy leads. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

/** Starts the controller manager. (cmd/kube-controller-manager) */
export async function start(options: StartOptions): Promise<RunningControllers> {
  const { clock, random, logger } = options;
  const connection = await loadKubeconfig(options.kubeconfig);
  const transport = openTransport(connection, "inkube-controllers");
  const client = createClient(transport);
  const metrics = createMetrics();
  const chosen = select(allControllers(options), options.controllers);
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
    const running = runControllers(chosen, context, metrics);
    notReady = informers.pending;
    void informers.synced().then(markReady);
    return running;
  };
  const health = options.health && (await serveHealth({ ...options.health, notReady: () => notReady(), metrics }));
  const { leaderElection } = options;
  const running = leaderElection
    ? electLeader({
        client,
        clock,
        random,
        logger,
        recorder: createEventRecorder({ client, clock, logger, component: leaderElection.identity }),
        name: "kube-controller-manager",
        ...leaderElection,
        lead,
        lost: () => options.onLost?.(),
      })
    : lead();

  let stopping: Promise<void> | undefined;
  return {
    healthPort: health?.port,
    ready,
    stop() {
      stopping ??= (async () => {
        pending = [];
        for (const step of [() => running.stop(), () => health?.stop(), () => transport.close()]) {
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

/** `--controllers` as upstream reads it. @throws Error for a name that does not exist. */
export function select<C extends { name: string }>(all: readonly C[], wish: readonly string[]): C[] {
  const names = new Set(all.map(({ name }) => name));
  for (const one of wish) {
    const name = one.replace(/^-/, "");
    if (one !== "*" && !names.has(name)) throw new Error(`"${name}" is not in the list of known controllers`);
  }
  return all.filter(({ name }) => wish.includes(name) || (wish.includes("*") && !wish.includes(`-${name}`)));
}
