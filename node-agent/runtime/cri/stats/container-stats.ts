import type { Runtime } from "../../runtime.ts";
import type { CriClient } from "../api/client.ts";
import { LABEL } from "../pod/sandbox-config.ts";

const NANOSECONDS = 1e6;

/**
 * What running containers have used.
 *
 * @param running by Pod uid and name, with a slash between: others' numbers are of instances that are over
 */
export async function containerStats(
  client: CriClient,
  running: ReadonlyMap<string, { readonly id: string; readonly startedAt: Date }>,
): ReturnType<Runtime["stats"]> {
  const all = await client.listContainerStats();
  return all.flatMap(({ attributes, cpu, memory }) => {
    const { labels } = attributes;
    const found = running.get(`${labels[LABEL.podUid]}/${labels[LABEL.containerName]}`);
    if (!cpu || !memory || found?.id !== attributes.id) return [];
    return [
      {
        podUid: labels[LABEL.podUid] ?? "",
        container: labels[LABEL.containerName] ?? "",
        startedAt: found.startedAt,
        at: new Date(cpu.timestamp / NANOSECONDS),
        cpuNanoSeconds: cpu.usageCoreNanoSeconds?.value ?? 0,
        workingSetBytes: memory.workingSetBytes?.value ?? 0,
      },
    ];
  });
}
