import { type Action, type ApiObject, isNamespaceTerminating, type Result } from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @param results one for each Pod tried, in order */
type Next = (error: unknown, results: readonly Result[]) => readonly Action[];
const nothing: Next = () => [];

/** Makes Pods in growing batches and tells of each. (RealPodControl.CreatePods) @param next what to do afterwards */
export function createPods(owner: ApiObject, pods: readonly ApiObject[], next: Next = nothing): Action[] {
  return [
    {
      do: "batch",
      slowStart: true,
      actions: pods.map((object) => ({ do: "create", resource: "v1/pods", object }) as const),
      after(results) {
        let failure: unknown;
        const events = results.flatMap((result): Action[] => {
          if (result.ok)
            return [tell(owner, "Normal", "SuccessfulCreate", `Created pod: ${result.object?.metadata.name}`)];
          if (isNamespaceTerminating(result.error)) return [];
          failure ??= result.error;
          return [tell(owner, "Warning", "FailedCreate", `Error creating: ${messageOf(result.error)}`)];
        });
        return finish(events, failure, results, next);
      },
    },
  ];
}

/** Deletes Pods all at once and tells of each. (RealPodControl.DeletePod) */
export function deletePods(owner: ApiObject, pods: readonly Readonly<Pod>[], next: Next = nothing): Action[] {
  return [
    {
      do: "batch",
      actions: pods.map((object) => ({ do: "delete", resource: "v1/pods", object }) as const),
      after(results: readonly Result[]) {
        let failure: unknown;
        const events = results.map((result, i): Action => {
          if (result.ok) return tell(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${pods[i]?.metadata.name}`);
          failure ??= new Error(`unable to delete pods: ${messageOf(result.error)}`, { cause: result.error });
          return tell(owner, "Warning", "FailedDelete", `Error deleting: ${messageOf(result.error)}`);
        });
        return finish(events, failure, results, next);
      },
    },
  ];
}

function finish(events: Action[], failure: unknown, results: readonly Result[], next: Next): Action[] {
  return [...events, ...next(failure, results), ...(failure ? [{ do: "fail", error: failure } as const] : [])];
}

export function tell(about: ApiObject, type: "Normal" | "Warning", reason: string, message: string): Action {
  return { do: "event", about, type, reason, message };
}
