import type { Pod } from "../../openapi/api/core.v1.ts";

/** Seconds a container gets to stop when nothing else is said. */
export const DEFAULT_GRACE = 30;

/** Seconds a Pod's containers get to stop when the Pod itself stays. */
export const gracePeriod = ({ spec }: Pod) => spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE;
