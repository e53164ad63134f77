import type { Middleware } from "koa";
import type { AppOptions } from "./app-options.ts";
import { audit } from "./filters/audit.ts";
import { auditId } from "./filters/audit-id.ts";
import { authentication } from "./filters/authentication.ts";
import { authorization } from "./filters/authorization.ts";
import { cors } from "./filters/cors.ts";
import { deadline } from "./filters/deadline.ts";
import { goaway } from "./filters/goaway.ts";
import { hsts } from "./filters/hsts.ts";
import { impersonation } from "./filters/impersonation.ts";
import { type InFlight, maxInFlight } from "./filters/max-in-flight.ts";
import { observe } from "./filters/observe.ts";
import { panicRecovery } from "./filters/panic-recovery.ts";
import { priorityAndFairness } from "./filters/priority-and-fairness.ts";
import { requestInfo } from "./filters/request-info.ts";
import { retryAfter } from "./filters/retry-after.ts";
import { type WaitGroup, waitGroup } from "./filters/wait-group.ts";
import type { Metrics } from "./metrics.ts";
import type { State } from "./state.ts";

/**
 * What every request goes through before a handler, in kube-apiserver's order (DefaultBuildHandlerChain in
 * apiserver/pkg/server/config.go). Warnings and Cache-Control need no step of their own: respond.ts adds them to
 * whatever is written.
 */
export function chain(
  options: AppOptions,
  shared: { group: WaitGroup; inFlight: InFlight; metrics: Metrics },
): Middleware<State>[] {
  const { flowControl, registry } = options;
  const limits = {
    ...options,
    inFlight: shared.inFlight,
    // Counted by name, though no handler came to say that there is such a resource.
    onDropped(state: State) {
      const { apiGroup, apiVersion, resource } = state.requestInfo;
      state.terminated = true;
      state.served = registry.lookup(apiGroup, apiVersion, resource) !== undefined;
    },
  };
  return [
    auditId(options),
    panicRecovery(options),
    requestInfo(),
    observe({ ...options, metrics: shared.metrics }),
    ...(options.shutdownSendRetryAfter ? [retryAfter(shared.group)] : []),
    ...(options.hstsDirectives.length > 0 ? [hsts(options)] : []),
    ...(options.goawayChance > 0 ? [goaway(options)] : []),
    waitGroup(shared.group),
    deadline(options),
    cors({ allowedOrigins: options.corsAllowedOrigins }),
    authentication(options),
    audit({ log: options.audit }),
    impersonation(options),
    flowControl ? priorityAndFairness({ ...limits, flowControl }) : maxInFlight(limits),
    authorization(options),
  ];
}
