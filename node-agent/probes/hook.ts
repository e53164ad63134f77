import type { Container, LifecycleHandler } from "../../openapi/api/core.v1.ts";
import type { RunningContainer } from "../runtime/runtime.ts";
import { portOf } from "./port.ts";

/** Runs a postStart or preStop handler. @returns the text of its failure. (pkg/kubelet/lifecycle/handlers.go) */
export async function runHook(
  { exec, httpGet, tcpSocket }: LifecycleHandler,
  container: Container,
  running: RunningContainer,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (exec) {
    const { exitCode, output } = await running.run(exec.command ?? [], 0, signal);
    const command = (exec.command ?? []).join(" ");
    if (exitCode === 0) return undefined;
    return `command '${command}' exited with ${exitCode}: ${output}, message: ${JSON.stringify(output)}`;
  }
  if (httpGet) {
    const headers = Object.fromEntries((httpGet.httpHeaders ?? []).map(({ name, value }) => [name, value]));
    const answer = await running.probe(
      {
        type: "http",
        scheme: httpGet.scheme ?? "HTTP",
        ...(httpGet.host && { host: httpGet.host }),
        port: portOf(httpGet.port, container),
        path: httpGet.path ?? "/",
        headers,
      },
      signal,
    );
    return answer.ok ? undefined : answer.message;
  }
  if (tcpSocket) {
    const { host, port } = tcpSocket;
    const answer = await running.probe({ type: "tcp", ...(host && { host }), port: portOf(port, container) }, signal);
    return answer.ok ? undefined : answer.message;
  }
  return undefined;
}

/** What failed, as kubelet says it of a container. */
export function describeHook({ exec, httpGet, sleep }: LifecycleHandler): string {
  if (exec) return `Exec lifecycle hook ([${(exec.command ?? []).join(" ")}])`;
  if (httpGet) return `HTTP lifecycle hook (${httpGet.path ?? ""})`;
  return sleep ? `Sleep lifecycle hook (${sleep.seconds})` : "Lifecycle hook";
}
