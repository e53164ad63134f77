import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { createLogger, loadKubeconfig, systemClock } from "../client/index.ts";
import type { ComponentSpec } from "./supervisor.ts";

/** What every component's start.ts returns. */
export interface Component {
  stop(): Promise<void>;
}

/** The Lease that copies of the controllers share; times are upstream's. */
const LEASE = { namespace: "kube-system", leaseSeconds: 15, renewDeadlineSeconds: 10, retrySeconds: 2 };

/**
 * Loads and starts only the component asked for: each one's dependencies cost time and memory. Time, randomness and
 * logs are the real ones here, and nowhere deeper.
 */
export async function startComponent(spec: ComponentSpec): Promise<Component> {
  const { name, options, logLevel } = spec;
  const common = { clock: systemClock, random: Math.random, logger: createLogger(name, logLevel) };
  switch (name) {
    case "controllers": {
      const { start } = await import("../controllers/start.ts");
      const { kubeconfig, controllers, leaderElect } = options;
      const { ca } = await loadKubeconfig(kubeconfig);
      const running = await start({
        ...common,
        kubeconfig,
        controllers,
        ...(ca && { rootCa: ca }),
        ...(leaderElect && { leaderElection: { ...LEASE, identity: `${hostname()}_${randomUUID()}` } }),
        // The supervisor, or whoever runs this process, starts it anew.
        onLost: () => process.exit(1),
      });
      if (!leaderElect) await running.ready;
      return running;
    }
    case "scheduler": {
      const { start } = await import("../scheduler/start.ts");
      return start({ ...common, ...options });
    }
    case "node": {
      const { start } = await import("../node-agent/start.ts");
      return start({ ...common, ...options });
    }
  }
}
