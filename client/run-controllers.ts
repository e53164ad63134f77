import type { Controller, ControllerContext, CustomController } from "./controller.ts";
import type { ComponentMetrics } from "./metrics.ts";
import { runController } from "./run-controller.ts";

/** Starts controllers on shared informers. `stop` ends them and the informers; it is idempotent. */
export function runControllers(
  controllers: readonly (Controller | CustomController)[],
  context: ControllerContext,
  metrics?: ComponentMetrics,
): { stop(): Promise<void> } {
  const running = controllers.map((controller) =>
    "definition" in controller
      ? runController(controller.definition, context, metrics)
      : controller.start({ ...context, logger: context.logger.child({ controller: controller.name }) }),
  );
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
