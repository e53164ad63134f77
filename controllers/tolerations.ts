import type { Taint, Toleration } from "../openapi/api/core.v1.ts";

/** Whether a toleration covers a taint. (v1helper.ToleratesTaint) */
export function tolerates({ key, operator, value, effect }: Readonly<Toleration>, taint: Readonly<Taint>): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  if (operator === "Exists") return true;
  return (!operator || operator === "Equal") && (value ?? "") === (taint.value ?? "");
}

/** Seconds until taints drive a Pod away: 0 at once, Infinity never. (getMinTolerationTime) */
export function toleratedSeconds(taints: readonly Taint[], tolerations: readonly Toleration[] | undefined): number {
  if (!taints.length) return Number.POSITIVE_INFINITY;
  const used: Toleration[] = [];
  for (const taint of taints) {
    const match = tolerations?.find((toleration) => tolerates(toleration, taint));
    if (!match) return 0;
    used.push(match);
  }
  return Math.min(...used.map(({ tolerationSeconds }) => Math.max(0, tolerationSeconds ?? Number.POSITIVE_INFINITY)));
}
