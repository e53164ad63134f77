import { Writable } from "node:stream";
import type { Container, LifecycleHandler } from "../../openapi/api/core.v1.ts";
import type { RunningContainer } from "../runtime/runtime.ts";
import { portOf } from "./port.ts";

/** A stream that remembers up to `limit` bytes, for the texts of events. */
export function capture(limit: number): { stream: Writable; text(): string } {
  const parts: Buffer[] = [];
  let size = 0;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (size < limit) parts.push(chunk.subarray(0, limit - size));
      size += chunk.length;
      done();
    },
  });
  return { stream, text: () => Buffer.concat(parts).toString("utf8") };
}

/** Runs a postStart or preStop handler. @returns the text of its failure. (pkg/kubelet/lifecycle/handlers.go) */
export async function runHook(
  { exec, httpGet, tcpSocket }: LifecycleHandler,
  container: Container,
  running: RunningContainer,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (exec) {
    const output = capture(1024);
    const code = await running.exec(
      exec.command ?? [],
      { stdout: output.stream, stderr: output.stream, tty: false },
      signal,
    );
    return code === 0
      ? undefined
      : `Exec lifecycle hook (${JSON.stringify(exec.command)}) failed: command exited with ${code}: ${output.text()}`;
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
