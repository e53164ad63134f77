import type { Container, LifecycleHandler } from "../../openapi/api/core.v1.ts";
import type { RunningContainer } from "../runtime/runtime.ts";
import { portOf } from "./port.ts";

/** Output of a failed command that its event shows, in characters. */
const OUTPUT = 1024;

/** Runs a postStart or preStop handler. @returns the text of its failure. (pkg/kubelet/lifecycle/handlers.go) */
export async function runHook(
  { exec, httpGet, tcpSocket }: LifecycleHandler,
  container: Container,
  running: RunningContainer,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (exec) {
    const { exitCode, output } = await running.run(exec.command ?? [], 0, signal);
    const what = `Exec lifecycle hook (${JSON.stringify(exec.command)})`;
    return exitCode === 0 ? undefined : `${what} failed: command exited with ${exitCode}: ${output.slice(0, OUTPUT)}`;
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
    return answer.ok ? undefined : `Http lifecycle hook failed: ${answer.message}`;
  }
  if (tcpSocket) {
    const { host, port } = tcpSocket;
    const answer = await running.probe({ type: "tcp", ...(host && { host }), port: portOf(port, container) }, signal);
    return answer.ok ? undefined : `TCP lifecycle hook failed: ${answer.message}`;
  }
  return undefined;
}
