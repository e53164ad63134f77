import { Worker } from "node:worker_threads";
import type { StartOptions as ControllerStartOptions } from "../controllers/start.ts";
import type { DnsStartOptions } from "../dns/start.ts";
import type { NodeStartOptions } from "../node-agent/start.ts";
import type { ProxyStartOptions } from "../proxy/start.ts";
import type { SchedulerStartOptions } from "../scheduler/start.ts";

/** What a component's thread is told. Must survive structured cloning. */
export type ComponentSpec = { readonly logLevel: string } & (
  | {
      readonly name: "controllers";
      readonly options: {
        readonly kubeconfig: string;
        readonly controllers: readonly string[];
        readonly leaderElect: boolean;
        readonly settings: ControllerStartOptions["settings"];
        readonly endpoints?: NonNullable<ControllerStartOptions["endpoints"]>;
      };
    }
  | {
      readonly name: "scheduler";
      readonly options: {
        readonly kubeconfig?: string;
        readonly config?: string;
        readonly leaderElect?: boolean;
        readonly endpoints?: NonNullable<SchedulerStartOptions["endpoints"]>;
      };
    }
  | { readonly name: "proxy"; readonly options: Omit<ProxyStartOptions, "clock" | "random" | "logger"> }
  | {
      readonly name: "dns";
      readonly options: Omit<DnsStartOptions, "clock" | "random" | "logger">;
    }
  | {
      readonly name: "metrics-server";
      readonly options: { readonly kubeconfig: string; readonly host: string; readonly port: number };
    }
  | { readonly name: "claim-folders"; readonly options: { readonly kubeconfig: string; readonly folder: string } }
  | {
      readonly name: "node";
      readonly options: {
        readonly nodes: readonly { readonly name: string; readonly kubeconfig: string }[];
        readonly runtime: "simulated" | "cri";
        readonly routesKubeconfig?: string;
        readonly images?: readonly string[];
        readonly cri?: NonNullable<NodeStartOptions["cri"]>;
        readonly clusterDns?: string;
        readonly clusterDomain?: string;
      };
    }
);

export interface Supervised {
  readonly name: string;
  /** Resolves when the component said that it is ready for the first time. Rejects when its options make no sense. */
  readonly ready: Promise<void>;
  /** Stops it for good. Idempotent. */
  stop(): Promise<void>;
}

/** Restart delays in ms: doubled from the first to the last, and the first again after a minute without a crash. */
const FIRST_DELAY = 500;
const LAST_DELAY = 30_000;
const CALM = 60_000;
/** Room for young objects of a thread, in MB. */
const YOUNG_MB = 12;
/** A thread that does not stop within this many ms is terminated. */
const STOP_LIMIT = 600;

/**
 * Keeps components running in a thread of their own: one that crashes is started again with backoff, and says so.
 * A thread and not a process, because each process costs some 45 MB before it does anything; a thread costs some 30 MB,
 * so that components with little to do may share one (and then start again together).
 */
export function supervise(specs: readonly ComponentSpec[], note: (text: string) => void): Supervised {
  const names = specs.map(({ name }) => name).join(", ");
  let worker: Worker | undefined;
  let stopping = false;
  let delay = FIRST_DELAY;
  let timer: NodeJS.Timeout | undefined;
  let becameReady: () => void = () => {};
  let refused: (error: Error) => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    becameReady = resolve;
    refused = reject;
  });

  function start(): void {
    const started = performance.now();
    let failure = "ended by itself";
    worker = new Worker(new URL("./component.ts", import.meta.url), {
      workerData: specs,
      name: names,
      // Components make much short-lived garbage and keep little: V8's default nursery would only hold memory.
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    worker.on("message", (message: "ready" | { refused: string }) => {
      if (message === "ready") return becameReady();
      stopping = true;
      refused(new Error(message.refused));
    });
    worker.on("error", (error) => {
      failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    worker.on("exit", () => {
      worker = undefined;
      if (stopping) return;
      if (performance.now() - started > CALM) delay = FIRST_DELAY;
      note(`${names} stopped: ${failure}; starting it again in ${delay} ms`);
      timer = setTimeout(start, delay);
      delay = Math.min(delay * 2, LAST_DELAY);
    });
  }

  start();
  return {
    name: names,
    ready,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      const current = worker;
      if (!current) return;
      const gone = new Promise<void>((resolve) => current.once("exit", () => resolve()));
      current.postMessage("stop");
      const limit = setTimeout(() => void current.terminate(), STOP_LIMIT);
      await gone;
      clearTimeout(limit);
    },
  };
}
