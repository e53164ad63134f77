import type { PodCondition, PodStatus } from "../openapi/api/core.v1.ts";

/** Optional text that goes away again. */
const TEXTS = ["reason", "message"] as const;

/** Conditions of kubelet's own that go away again. */
const PASSING = ["PodResizePending", "PodResizeInProgress"];

/** Null for each text that was there and is not any more: what a merge patch leaves out would stay. */
function gone(old: { reason?: string; message?: string } | undefined, now: { reason?: string; message?: string }) {
  return Object.fromEntries(TEXTS.filter((name) => old?.[name] && !now[name]).map((name) => [name, null]));
}

/** Amounts as they are now, with null for those that were there and are not any more. */
function amounts(old: PodStatus["resources"] = {}, now: PodStatus["resources"] = {}) {
  const list = (name: "requests" | "limits") => {
    const past = Object.keys(old[name] ?? {}).filter((resource) => now[name]?.[resource] === undefined);
    return now[name] || past.length
      ? { ...now[name], ...Object.fromEntries(past.map((one) => [one, null])) }
      : undefined;
  };
  const [requests, limits] = [list("requests"), list("limits")];
  return { ...(requests && { requests }), ...(limits && { limits }) };
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
    ...(status.resources && { resources: amounts(old?.resources, status.resources) }),
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
