import type { Job, PodFailurePolicyOnExitCodesRequirement } from "../../openapi/api/batch.v1.ts";
import type { ContainerStatus, Pod } from "../../openapi/api/core.v1.ts";

/** What a Job makes of a failed Pod. */
export interface FailureVerdict {
  /** Whether it counts towards the limits. */
  counts: boolean;
  /** The rule that matched; undefined when none did. */
  action?: "Ignore" | "FailIndex" | "Count" | "FailJob";
  /** Why the Job fails, of a FailJob rule. */
  message?: string;
}

/** Applies spec.podFailurePolicy, whose first matching rule decides. Follows pkg/controller/job/pod_failure_policy.go. */
export function judgeFailure({ spec }: Readonly<Job>, { metadata, status }: Readonly<Pod>): FailureVerdict {
  const pod = `${metadata.namespace}/${metadata.name}`;
  for (const [i, { action, onExitCodes, onPodConditions }] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    let message: string;
    if (onExitCodes) {
      const container =
        matchingContainer(status.containerStatuses, onExitCodes) ??
        matchingContainer(status.initContainerStatuses, onExitCodes);
      if (!container) continue;
      const code = container.state?.terminated?.exitCode;
      message = `Container ${container.name} for pod ${pod} failed with exit code ${code} matching ${action} rule at index ${i}`;
    } else {
      const condition = status.conditions?.find(({ type, status }) =>
        onPodConditions?.some((pattern) => pattern.type === type && pattern.status === status),
      );
      if (!condition) continue;
      message = `Pod ${pod} has condition ${condition.type} matching ${action} rule at index ${i}`;
    }
    switch (action) {
      case "Ignore":
        return { counts: false, action };
      case "FailIndex":
      case "Count":
        return { counts: true, action };
      case "FailJob":
        return { counts: true, action, message };
    }
  }
  return { counts: true };
}

function matchingContainer(
  statuses: readonly ContainerStatus[] | undefined,
  { containerName, operator, values = [] }: PodFailurePolicyOnExitCodesRequirement,
): ContainerStatus | undefined {
  return statuses?.find(({ name, state }) => {
    const code = state?.terminated?.exitCode ?? 0;
    if (!code || (containerName !== undefined && containerName !== name)) return false;
    return operator === "In" ? values.includes(code) : operator === "NotIn" && !values.includes(code);
  });
}
