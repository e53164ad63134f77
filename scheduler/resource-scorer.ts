import type { ResourceSpec, ScoringStrategy, ShapePoint } from "./config/types.ts";
import { type Cycle, MAX_SCORE } from "./framework.ts";
import type { NodeInfo, PodInfo } from "./node-info.ts";

/** The score of one resource, by what would be asked for and what there is. */
type Score = (requested: number, capacity: number) => number;

const least: Score = (requested, capacity) =>
  requested > capacity ? 0 : Math.floor(((capacity - requested) * MAX_SCORE) / capacity);

const most: Score = (requested, capacity) => Math.floor((Math.min(requested, capacity) * MAX_SCORE) / capacity);

/** Follows a line through the points; scores of the configuration go to 10. */
function alongShape(shape: readonly ShapePoint[]): Score {
  const points = shape.map(({ utilization, score }) => ({ utilization, score: score * (MAX_SCORE / 10) }));
  return (requested, capacity) => {
    const used = requested > capacity ? 100 : Math.floor((requested * 100) / capacity);
    const next = points.findIndex(({ utilization }) => used <= utilization);
    if (next < 0) return points.at(-1)?.score ?? 0;
    const to = points[next] ?? { utilization: 0, score: 0 };
    const from = points[next - 1];
    if (!from) return to.score;
    const slope = ((to.score - from.score) * (used - from.utilization)) / (to.utilization - from.utilization);
    return from.score + Math.trunc(slope);
  };
}

/** Calls back with what a node has of a resource, and what of it would be asked for. Resources without either are left out. */
export function forEachResource(
  resources: readonly ResourceSpec[],
  info: PodInfo,
  node: NodeInfo,
  callback: (requested: number, capacity: number, weight: number) => void,
): void {
  for (const { name, weight } of resources) {
    const isBasic = name === "cpu" || name === "memory";
    const wanted = (isBasic ? info.nonZeroRequests[name] : info.requests[name]) ?? 0;
    if (wanted === 0 && name.includes("/")) continue;
    const capacity = node.allocatable[name] ?? 0;
    if (capacity === 0) continue;
    callback(((isBasic ? node.nonZeroRequested : node.requested)[name] ?? 0) + wanted, capacity, weight);
  }
}

/** Scores nodes by their use of some resources. (noderesources: least_allocated, most_allocated, requested_to_capacity_ratio) */
export function resourceScorer(strategy: ScoringStrategy): ({ info }: Cycle, node: NodeInfo) => number {
  const { type, resources, requestedToCapacityRatio } = strategy;
  const byShape = type === "RequestedToCapacityRatio";
  const score = byShape ? alongShape(requestedToCapacityRatio?.shape ?? []) : type === "MostAllocated" ? most : least;
  return ({ info }, node) => {
    let sum = 0;
    let weights = 0;
    forEachResource(resources, info, node, (requested, capacity, weight) => {
      const one = score(requested, capacity);
      // A shape may say that some use is worth nothing, not even a part of the average.
      if (byShape && one <= 0) return;
      sum += one * weight;
      weights += weight;
    });
    if (!weights) return 0;
    return byShape ? Math.round(sum / weights) : Math.floor(sum / weights);
  };
}
