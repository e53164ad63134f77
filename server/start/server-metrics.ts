import { AdmissionMetrics } from "../http/admission-metrics.ts";
import { AllocationMetrics } from "../http/allocation-metrics.ts";
import { AuthenticationMetrics } from "../http/authentication-metrics.ts";
import { ImpersonationMetrics } from "../http/impersonation-metrics.ts";
import { PodSecurityMetrics } from "../http/pod-security-metrics.ts";
import { RuleMetrics } from "../http/rule-metrics.ts";
import { SecurityMetrics } from "../http/security-metrics.ts";
import type { Series } from "../http/series.ts";
import { StorageMetrics } from "../http/storage-metrics.ts";
import { WorkQueueMetrics } from "../http/work-queue-metrics.ts";

/** Those who are told what the server does, and count it under upstream's names. */
export function serverMetrics() {
  const seconds = () => performance.now() / 1000;
  const observers = {
    admission: new AdmissionMetrics(seconds),
    podSecurity: new PodSecurityMetrics(),
    rules: new RuleMetrics(seconds),
    security: new SecurityMetrics(),
    impersonation: new ImpersonationMetrics(seconds),
    workQueues: new WorkQueueMetrics(seconds),
    authentication: new AuthenticationMetrics(seconds),
    storage: new StorageMetrics(),
    allocation: new AllocationMetrics(seconds),
  };
  const series: readonly Series[] = Object.values(observers).flatMap((observer) => observer.series);
  return { ...observers, series };
}
