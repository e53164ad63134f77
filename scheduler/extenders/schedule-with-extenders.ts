import { EXTENDERS } from "../framework.ts";
import { best, diagnose, findNodes, type Outcome, type ScheduleInput } from "../schedule.ts";
import type { Extenders } from "./extenders.ts";

/**
 * As `schedule`, with extenders asked about the nodes that the plugins have left. Follows pkg/scheduler/schedule_one.go.
 * @throws Error when an extender that is needed fails
 */
export async function scheduleWithExtenders(input: ScheduleInput, extenders: Extenders): Promise<Outcome> {
  let found = findNodes(input);
  if ("diagnosis" in found) return found;
  let feasible = await extenders.filter(input.pod, found.feasible, found.refused);
  if (!feasible.length && found.isNominated) {
    found = findNodes({ ...input, ignoresNomination: true });
    if ("diagnosis" in found) return found;
    feasible = await extenders.filter(input.pod, found.feasible, found.refused);
  }
  const { cycle, looked } = found;
  if (!feasible.length) {
    const diagnosis = diagnose(found);
    const plugins = new Set([...diagnosis.plugins, ...(found.feasible.length ? [EXTENDERS] : [])]);
    return { cycle, diagnosis: { ...diagnosis, plugins } };
  }
  const [only] = feasible;
  if (only && feasible.length === 1) return { node: only, cycle, looked };
  const extra = await extenders.prioritize(input.pod, feasible);
  return { node: best(cycle, input.profile, feasible, input.random, extra), cycle, looked };
}
