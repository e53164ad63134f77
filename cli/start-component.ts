import { createLogger, systemClock } from "../client/index.ts";
import type { ComponentSpec } from "./supervisor.ts";

/** What every component's start.ts returns. */
export interface Component {
  stop(): Promise<void>;
}

/**
 * Loads and starts only the component asked for: each one's dependencies cost time and memory. Time, randomness and
 * logs are the real ones here, and nowhere deeper.
 */
export async function startComponent(spec: ComponentSpec): Promise<Component> {
  const { name, options, logLevel } = spec;
  const common = { clock: systemClock, random: Math.random, logger: createLogger(name, logLevel) };
  // The supervisor, or whoever runs this process, starts it anew.
  const onLost = () => process.exit(1);
  switch (name) {
    case "controllers": {
      const { start } = await import("../controllers/start.ts");
      const running = await start({
        clock: systemClock,
        random: Math.random,
        logLevel,
        ...options,
        controllers: options.controllers.join(","),
        // The server's engine for expressions, loaded when there is a policy to look at.
        checkPolicyTypes: async (policy, types) => {
          const { policyTypes } = await import("../server/start/policy-types.ts");
          return policyTypes.check(policy, types);
        },
        onLost,
      });
      if (!options.leaderElect) await running.ready;
      return running;
    }
    case "scheduler": {
      const { start } = await import("../scheduler/start.ts");
      // One engine for expressions, the server's: the scheduler knows only what it is asked.
      const { deviceSelectors } = await import("../server/start/device-selectors.ts");
      return start({ ...common, ...options, compileSelector: deviceSelectors.compile, onLost });
    }
    case "proxy": {
      const { start } = await import("../proxy/start.ts");
      return start({ ...common, ...options });
    }
    case "dns": {
      const { start } = await import("../dns/start.ts");
      return start({ ...common, ...options });
    }
    case "metrics-server": {
      const { start } = await import("../metrics-server/start.ts");
      return start({ ...common, ...options });
    }
    case "claim-folders": {
      const { startClaimFolders } = await import("../node-agent/start/claim-folders.ts");
      return startClaimFolders({ ...common, ...options });
    }
    case "node": {
      const { start } = await import("../node-agent/start.ts");
      return start({ ...common, ...options });
    }
  }
}
