import { type ControllerContext, type CustomController, isConflict, keyOf, WorkQueue } from "../../client/index.ts";
import type { HorizontalPodAutoscaler } from "../../openapi/api/autoscaling.v2.ts";
import { createMetricsClient } from "./metrics-client.ts";
import { type AutoscalerSettings, type Environment, reconcile, type State } from "./reconcile.ts";
import { createMapper } from "./scale-target.ts";

const RESOURCE = "autoscaling/v2/horizontalpodautoscalers";

/** Of kube-controller-manager without flags. */
const DEFAULTS: AutoscalerSettings = {
  syncPeriodMs: 15_000,
  downscaleStabilizationMs: 5 * 60_000,
  tolerance: 0.1,
  cpuInitializationMs: 5 * 60_000,
  initialReadinessMs: 30_000,
  workers: 5,
};

/**
 * Scales what autoscalers point at, every so often: metrics are no objects that can be watched. Follows
 * pkg/controller/podautoscaler.
 */
export function horizontalPodAutoscalerController(settings: AutoscalerSettings = DEFAULTS): CustomController {
  return {
    name: "horizontal-pod-autoscaler-controller",
    start({ client, informers, clock, logger, recorder, queueMetrics }: ControllerContext) {
      const interval = { when: () => settings.syncPeriodMs, forget: () => {}, failures: () => 1 };
      const queue = new WorkQueue(clock, interval, queueMetrics?.("horizontal-pod-autoscaler-controller"));
      const events = recorder("horizontal-pod-autoscaler");
      const state: State = { memories: new Map(), selectors: new Map() };
      const env: Environment = {
        client,
        clock,
        settings,
        metrics: createMetricsClient(client),
        mapper: createMapper(client, clock),
        pods: informers.get("v1/pods").lister,
        event: (about, type, reason, message) => events.event(about, type, reason, message),
      };
      const autoscalers = informers.get(RESOURCE);
      const offer = (hpa: HorizontalPodAutoscaler) => {
        const key = keyOf(hpa);
        if (!state.selectors.has(key)) state.selectors.set(key, undefined);
        queue.addRateLimited(key);
      };
      autoscalers.addHandler({
        added: offer,
        updated: offer,
        deleted(hpa) {
          state.selectors.delete(keyOf(hpa));
          state.memories.delete(keyOf(hpa));
        },
      });
      const work = async () => {
        for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
          const hpa = autoscalers.lister.get(key);
          if (hpa) {
            try {
              await reconcile(hpa, env, state);
            } catch (error) {
              if (isConflict(error)) logger.debug({ err: error, key }, "autoscaling again");
              else logger.warn({ err: error, key }, "autoscaling failed");
            }
            queue.addRateLimited(key);
          }
          queue.done(key);
        }
      };
      for (let i = 0; i < settings.workers; i++) void work();
      return { stop: () => queue.stop() };
    },
  };
}
