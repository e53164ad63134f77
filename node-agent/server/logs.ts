import type { ServerResponse } from "node:http";
import type { ContainerStatus } from "../../openapi/api/core.v1.ts";
import { containerStatus } from "../container-state.ts";
import type { LogOptions } from "../runtime/runtime.ts";
import { findWorker, HttpError, type KubeletServerOptions } from "./request.ts";

/** GET /containerLogs/NAMESPACE/POD/CONTAINER. Texts as pkg/kubelet/server/server.go getContainerLogs. */
export async function serveLogs(
  [namespace = "", pod = "", container = ""]: readonly string[],
  query: URLSearchParams,
  response: ServerResponse,
  { workers, runtime, clock }: KubeletServerOptions,
): Promise<void> {
  const worker = findWorker(workers, namespace, pod);
  const record = worker.records.find((candidate) => candidate.container.name === container);
  if (!record)
    throw new HttpError(404, `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(pod)}`);
  const number = (name: string) => (query.has(name) ? Number(query.get(name)) : undefined);
  const sinceSeconds = number("sinceSeconds");
  const sinceTime = query.get("sinceTime");
  const since = sinceTime
    ? new Date(sinceTime)
    : sinceSeconds !== undefined
      ? new Date(clock.now().getTime() - sinceSeconds * 1000)
      : undefined;
  const options: LogOptions = {
    follow: query.get("follow") === "true",
    previous: query.get("previous") === "true",
    timestamps: query.get("timestamps") === "true",
    ...(number("tailLines") !== undefined && { tailLines: number("tailLines") }),
    ...(number("limitBytes") !== undefined && { limitBytes: number("limitBytes") }),
    ...(since && { since }),
  };
  const status = containerStatus(record);
  const refused = withoutLog(status, pod, options.previous);
  if (refused !== undefined) throw new HttpError(400, refused);
  // While it waits for its next start, the last instance is both the current and the previous one.
  const chosen = { ...options, previous: options.previous && status.state?.waiting === undefined };
  const aborted = new AbortController();
  response.on("close", () => aborted.abort());
  response.writeHead(200, { "Content-Type": "text/plain" });
  response.flushHeaders();
  await runtime.logs(worker.pod.metadata.uid ?? "", container, chosen, response, aborted.signal);
  response.end();
}

/** Why a container has no log to show. (kubelet_pods.go validateContainerLogStatus) */
export function withoutLog(
  { name, state, lastState }: ContainerStatus,
  pod: string,
  previous: boolean,
): string | undefined {
  const which = `container ${JSON.stringify(name)} in pod ${JSON.stringify(pod)}`;
  const last = lastState?.terminated?.containerID;
  if (previous) return last ? undefined : `previous terminated ${which} not found`;
  if (state?.running || state?.terminated?.containerID || last) return undefined;
  if (state?.terminated) return `${which} is terminated`;
  const reason = state?.waiting?.reason ?? "";
  const why: Readonly<Record<string, string>> = {
    ErrImagePull: "image can't be pulled",
    ImagePullBackOff: "trying and failing to pull image",
  };
  return `${which} is waiting to start: ${why[reason] ?? reason}`;
}
