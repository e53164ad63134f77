import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import type { Exit } from "../../runtime.ts";
import type { ContainerStatus } from "../api/types.ts";
import { parseEntry } from "../logs/read-log.ts";
import { ANNOTATION } from "./container-wish.ts";

/** (pkg/kubelet/container/runtime.go) */
const MESSAGE_BYTES = 4096;
const LOG_BYTES = 2048;
const LOG_LINES = 80;
const NANOSECONDS = 1e6;

/** The last bytes of a file; undefined when there is none. */
function tailOf(path: string, bytes: number): Buffer | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return undefined;
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(Math.min(size, bytes));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer;
  } finally {
    closeSync(file);
  }
}

function logTail(path: string): string {
  // Each entry of the log has a time and two words besides its text.
  const lines = (tailOf(path, 2 * LOG_BYTES + LOG_LINES * 50) ?? Buffer.alloc(0)).toString("latin1").split("\n");
  const text = lines
    .map((line) => parseEntry(Buffer.from(line, "latin1")))
    .filter((entry) => entry !== undefined)
    .slice(-LOG_LINES)
    .map(({ text, partial }) => text.toString("utf8") + (partial ? "" : "\n"))
    .join("");
  return Buffer.from(text).subarray(-LOG_BYTES).toString("utf8");
}

/** How a container ended, as its Pod shows it. (kuberuntime_container.go toKubeContainerStatus, getTerminationMessage) */
export function exitOf(status: ContainerStatus): Exit {
  const { exitCode, reason, finishedAt, annotations } = status;
  return {
    exitCode,
    reason: reason || (exitCode === 0 ? "Completed" : "Error"),
    finishedAt: new Date(finishedAt / NANOSECONDS),
    ...messageOf(status, annotations[ANNOTATION.messagePath], annotations[ANNOTATION.messagePolicy]),
  };
}

function messageOf(
  { exitCode, reason, message, logPath }: ContainerStatus,
  path: string | undefined,
  policy: string | undefined,
): { message?: string } {
  if (message) return { message };
  const found = path && statSync(path, { throwIfNoEntry: false }) ? readFileSync(path).subarray(0, MESSAGE_BYTES) : "";
  const own = found.toString("utf8");
  if (own) return { message: own };
  const fallback = policy === "FallbackToLogsOnError" && (exitCode !== 0 || reason === "OOMKilled");
  const logged = fallback ? logTail(logPath) : "";
  return logged ? { message: logged } : {};
}
