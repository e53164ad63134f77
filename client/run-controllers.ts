import type { Client } from "./client.ts";
import type { Controller, ControllerContext, CustomController } from "./controller.ts";
import type { ComponentMetrics } from "./metrics.ts";
import { runController } from "./run-controller.ts";

/** Starts controllers on shared informers. `stop` ends them and the informers; it is idempotent. */
export function runControllers(
  controllers: readonly (Controller | CustomController)[],
  context: ControllerContext,
  metrics?: ComponentMetrics,
  /** Who a controller acts as; absent: all as the context's client. Informers stay shared. */
  clientOf?: (controller: string) => Client,
): { stop(): Promise<void> } {
  const running = controllers.map((controller) => {
    const name = "definition" in controller ? controller.definition.name : controller.name;
    const own = { ...context, client: clientOf?.(name) ?? context.client };
    return "definition" in controller
      ? runController(controller.definition, own, metrics)
      : controller.start({ ...own, logger: context.logger.child({ controller: name }) });
  });
  context.informers.start();
  let stopping: Promise<void> | undefined;
  return {
    stop() {
      stopping ??= (async () => {
        for (const { stop } of running.reverse()) {
          try {
            await stop();
          } catch (error) {
            context.logger.error({ err: error }, "a controller did not stop cleanly");
          }
        }
        context.informers.stop();
      })();
      return stopping;
    },
  };
}
