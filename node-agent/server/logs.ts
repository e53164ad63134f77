import type { ServerResponse } from "node:http";
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
  if (options.previous && !record.exit) {
    throw new HttpError(
      400,
      `previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(pod)} not found`,
    );
  }
  if (!record.running && !record.exit) {
    throw new HttpError(
      400,
      `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod)} is waiting to start: ${record.waiting.reason}`,
    );
  }
  const aborted = new AbortController();
  response.on("close", () => aborted.abort());
  response.writeHead(200, { "Content-Type": "text/plain" });
  response.flushHeaders();
  await runtime.logs(worker.pod.metadata.uid ?? "", container, options, response, aborted.signal);
  response.end();
}
