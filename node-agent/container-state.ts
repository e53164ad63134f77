import { timestamp } from "../client/index.ts";
import type { Container, ContainerState, ContainerStatus, Pod } from "../openapi/api/core.v1.ts";
import type { Exit, Image, RunningContainer } from "./runtime/runtime.ts";

/** What the agent knows of one container of a Pod. */
export interface ContainerRecord {
  readonly container: Container;
  readonly role: "init" | "sidecar" | "regular" | "ephemeral";
  /** Waiting for something, when neither running nor finished. */
  waiting: { reason: string; message?: string };
  running?: RunningContainer;
  /** The last instance that ended. */
  exit?: { readonly result: Exit; readonly id: string; readonly startedAt: Date };
  /** The one before the current. */
  lastExit?: ContainerRecord["exit"];
  restartCount: number;
  image?: Image;
  /** Start-up probe passed, or none. */
  started: boolean;
  /** Readiness probe passed, or none. */
  ready: boolean;
  /** Why the current instance was stopped again at its start. */
  hookFailure?: string;
  /** A start is on its way. */
  starting: boolean;
}

export function newRecord(container: Container, role: ContainerRecord["role"], waiting: string): ContainerRecord {
  return {
    container,
    role,
    waiting: { reason: waiting },
    restartCount: 0,
    started: false,
    ready: false,
    starting: false,
  };
}

/** Whether the container counts as done: it ended and will not be started again. */
export function succeeded({ exit, running }: ContainerRecord): boolean {
  return !running && exit?.result.exitCode === 0;
}

/** Why a container waits, and its last instance is gone, while all containers of its Pod begin anew. */
export const RESTARTING_ALL = "RestartingAllContainers";

/** Whether the last instance was removed for all containers to begin anew: how it ended says nothing then. */
export const isRemoved = ({ exit }: Pick<ContainerRecord, "exit">): boolean => exit?.result.reason === RESTARTING_ALL;

/** What the first of a container's rules that knows the exit code asks for. (podutil.FindMatchingContainerRestartRule) */
export function restartAction({ restartPolicyRules = [] }: Container, exitCode: number): string | undefined {
  return restartPolicyRules.find(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(exitCode) ?? false;
    return exitCodes !== undefined && listed === (exitCodes.operator === "In");
  })?.action;
}

/** Whether a container that ended begins anew: by its own rules, its own policy, or its Pod's. (podutil.ContainerShouldRestart) */
export function shouldRestart(
  container: Container,
  { spec }: Pod,
  { exitCode, reason }: Pick<Exit, "exitCode" | "reason">,
): boolean {
  const action = restartAction(container, exitCode);
  if (reason === RESTARTING_ALL || action === "Restart" || action === "RestartAllContainers") return true;
  const policy = container.restartPolicy ?? spec.restartPolicy ?? "Always";
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}

const terminated = (exit: NonNullable<ContainerRecord["exit"]>): ContainerState => ({
  terminated: {
    exitCode: exit.result.exitCode,
    ...(exit.result.signal && { signal: exit.result.signal }),
    reason: exit.result.reason,
    ...(exit.result.message && { message: exit.result.message }),
    // Of an instance that is gone nothing more is known.
    ...(exit.id && {
      startedAt: timestamp(exit.startedAt),
      finishedAt: timestamp(exit.result.finishedAt),
      containerID: exit.id,
    }),
  },
});

/** What a container that has ended may wait for. */
const AFTER_EXIT = new Set(["CrashLoopBackOff", "PostStartHookError", RESTARTING_ALL]);

/** A record as kubelet reports it. (kubelet_pods.go convertToAPIContainerStatuses) */
export function containerStatus(record: ContainerRecord): ContainerStatus {
  const { container, running, exit, lastExit, waiting, image, role } = record;
  const waits = !running && (!exit || AFTER_EXIT.has(waiting.reason) || record.starting);
  const state: ContainerState = running
    ? { running: { startedAt: timestamp(running.startedAt) } }
    : waits
      ? { waiting: { reason: waiting.reason, ...(waiting.message && { message: waiting.message }) } }
      : terminated(exit as NonNullable<typeof exit>);
  const previous = running || waits ? exit : lastExit;
  const id = running?.id ?? exit?.id;
  const requests = container.resources?.requests;
  return {
    name: container.name,
    state,
    lastState: previous ? terminated(previous) : {},
    ready: running ? record.ready : role === "init" && succeeded(record),
    restartCount: record.restartCount,
    image: image?.names[0] ?? container.image ?? "",
    imageID: image?.id ?? "",
    ...((running ?? exit) && { containerID: id }),
    started: running ? record.started : false,
    ...(id && requests && { allocatedResources: requests }),
    // Even when there are none: by that it is known that the node can change them.
    ...(id && { resources: container.resources ?? {} }),
    ...(running &&
      container.volumeMounts?.length && {
        volumeMounts: container.volumeMounts.map(({ name, mountPath, readOnly }) => ({
          name,
          mountPath,
          ...(readOnly && { readOnly, recursiveReadOnly: "Disabled" }),
        })),
      }),
  };
}
