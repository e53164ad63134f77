import type { Pod } from "../../openapi/api/core.v1.ts";
import type { Rejection } from "../admission.ts";
import { isCritical } from "../critical-pods.ts";
import { qosClassOf } from "../qos-class.ts";
import type { Pressure } from "./signal.ts";

const MEMORY_TAINT = "node.kubernetes.io/memory-pressure";

const toleratesMemoryPressure = ({ spec }: Pod) =>
  (spec.tolerations ?? []).some(
    ({ key, operator = "Equal", value = "", effect }) =>
      (!effect || effect === "NoSchedule") &&
      (operator === "Exists" ? !key || key === MEMORY_TAINT : key === MEMORY_TAINT && operator === "Equal" && !value),
  );

/** Why a node that is short of something takes no further Pod; undefined when it does. (eviction_manager.go Admit) */
export function pressureRejection(pod: Pod, conditions: ReadonlySet<Pressure>): Rejection | undefined {
  if (conditions.size === 0 || isCritical(pod)) return undefined;
  const isOnlyMemory = conditions.size === 1 && conditions.has("MemoryPressure");
  if (isOnlyMemory && (qosClassOf(pod) !== "BestEffort" || toleratesMemoryPressure(pod))) return undefined;
  return { reason: "Evicted", message: `The node had condition: [${[...conditions].join(" ")}]. ` };
}
