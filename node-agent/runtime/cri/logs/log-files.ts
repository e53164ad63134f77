import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Pod } from "../../../../openapi/api/core.v1.ts";
import type { NodePaths } from "../pod/paths.ts";

/** `3.log` and what rotation made of it: `3.log.20260102-030405`. */
const attemptOf = (name: string) => Number(/^(\d+)\.log(\.|$)/.exec(name)?.[1] ?? Number.NaN);

/** Logs of a node's containers: one folder a Pod, one below it a container, one file a start. */
export class LogFiles {
  readonly #paths: NodePaths;

  constructor(paths: NodePaths) {
    this.#paths = paths;
  }

  /** Makes the folder of a container's logs. Those before the last instance's go. */
  prepare(pod: Pod, container: string, attempt: number): void {
    const folder = join(this.#paths.podLogs(pod), container);
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      if (attemptOf(name) < attempt - 1) rmSync(join(folder, name));
    }
  }

  /** The newest log of a container, or the one before it. */
  find(podUid: string, container: string, back: number): string | undefined {
    const pod = this.#folderOf(podUid);
    const folder = pod && join(pod, container);
    if (!folder || !existsSync(folder)) return undefined;
    const attempts = readdirSync(folder)
      .filter((name) => name.endsWith(".log"))
      .map(attemptOf)
      .sort((a, b) => b - a);
    const attempt = attempts[back];
    return attempt === undefined ? undefined : join(folder, `${attempt}.log`);
  }

  /** Of all Pods that have logs here. */
  uids(): string[] {
    return readdirSync(this.#paths.logs).map((name) => name.slice(name.lastIndexOf("_") + 1));
  }

  forget(podUid: string): void {
    const folder = this.#folderOf(podUid);
    if (folder) rmSync(folder, { recursive: true, force: true });
  }

  #folderOf(podUid: string): string | undefined {
    const { logs } = this.#paths;
    if (!existsSync(logs)) return undefined;
    const name = readdirSync(logs).find((each) => each.endsWith(`_${podUid}`));
    return name && join(logs, name);
  }
}
