import { kubeconfigClient, type ReviewClient } from "../auth/remote/kubeconfig-client.ts";
import { systemClock } from "../storage/clock.ts";

export const WEBHOOK_TIMEOUT_MILLISECONDS = 30_000;

/** A webhook that knows tokens or decides on requests, by its kubeconfig, in this machine's time. */
export const reviewClient = (path: string, timeoutMilliseconds = WEBHOOK_TIMEOUT_MILLISECONDS): Promise<ReviewClient> =>
  kubeconfigClient(path, {
    timeoutMilliseconds,
    after: (milliseconds, run) => systemClock.after(milliseconds, run),
    random: Math.random,
  });
