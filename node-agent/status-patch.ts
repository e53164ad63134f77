import type { PodCondition, PodStatus } from "../openapi/api/core.v1.ts";

/** Optional text that goes away again. */
const TEXTS = ["reason", "message"] as const;

/** Conditions of kubelet's own that go away again. */
const PASSING = ["PodResizePending", "PodResizeInProgress"];

/** Null for each text that was there and is not any more: what a merge patch leaves out would stay. */
function gone(old: { reason?: string; message?: string } | undefined, now: { reason?: string; message?: string }) {
  return Object.fromEntries(TEXTS.filter((name) => old?.[name] && !now[name]).map((name) => [name, null]));
}

/**
 * The strategic merge patch from one status to the next. (pkg/util/pod PatchPodStatus)
 *
 * @param old what the server is known to have
 */
export function statusPatch(old: PodStatus | undefined, status: PodStatus): Record<string, unknown> {
  const { podIPs, conditions } = status;
  const before = (type: string): PodCondition | undefined => old?.conditions?.find((one) => one.type === type);
  return {
    ...status,
    ...gone(old, status),
    ...(conditions && {
      conditions: [
        ...conditions.map((one) => ({ ...one, ...gone(before(one.type), one) })),
        ...PASSING.filter((type) => before(type) && !conditions.some((one) => one.type === type)).map((type) => ({
          type,
          $patch: "delete",
        })),
      ],
    }),
    // These lists merge by address: a new sandbox's would only join the old one's.
    ...(podIPs && { podIPs: [...podIPs, { $patch: "replace" }] }),
  };
}
