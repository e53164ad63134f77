import type { ComponentSpec } from "./supervisor.ts";

/** What every component's start.ts returns. */
export interface Component {
  stop(): Promise<void>;
}

/** Loads only the component asked for: each one's dependencies cost time and memory. */
export async function startComponent({ name, options }: ComponentSpec): Promise<Component> {
  // The options were checked by the command that made the spec, and have lost their type on the way to this thread.
  switch (name) {
    case "controllers": {
      const { start } = await import("../controllers/start.ts");
      return start(options as unknown as Parameters<typeof start>[0]);
    }
    case "scheduler": {
      const { start } = await import("../scheduler/start.ts");
      return start(options as unknown as Parameters<typeof start>[0]);
    }
    case "node": {
      const { start } = await import("../node-agent/start.ts");
      return start(options as unknown as Parameters<typeof start>[0]);
    }
  }
}
