import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCluster as startAll } from "../cli/cluster.ts";
import { createProgress } from "../cli/progress.ts";

export interface TestClusterOptions {
  /** Simulated nodes; default 2, 0 for none. */
  readonly nodes?: number;
  /** As in --controllers; default all. Empty runs none. */
  readonly controllers?: readonly string[];
  /** Default true. */
  readonly scheduler?: boolean;
  /** Whether metrics.k8s.io is served, where there are nodes. Default true. */
  readonly metricsServer?: boolean;
  /** Default `memory:`. */
  readonly storage?: string;
  /** Folder to keep state in; default a temporary one that `stop` removes. */
  readonly dataDir?: string;
  /** Default 0, a free one. */
  readonly port?: number;
}

export interface TestCluster extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly server: string;
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Stops everything and removes what was temporary. Idempotent. */
  stop(): Promise<void>;
}

/** Starts a cluster on a free port, for tests: nothing is shared with any other one, or with the user's kubeconfig. */
export async function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "inkube-"));
  const cluster = await startAll(
    {
      dataDir,
      storage: options.storage ?? "memory:",
      durability: "relaxed",
      bindAddress: "127.0.0.1",
      port: options.port ?? 0,
      nodes: options.nodes ?? 2,
      runtime: "simulated",
      controllers: options.controllers ?? ["*"],
      scheduler: options.scheduler ?? true,
      metricsServer: options.metricsServer ?? true,
      logLevel: "error",
    },
    createProgress(() => performance.now(), true),
  );
  const stop = async () => {
    await cluster.stop();
    if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true });
  };
  await cluster.ready;
  return { server: cluster.server, kubeconfig: cluster.kubeconfig, stop, [Symbol.asyncDispose]: stop };
}
