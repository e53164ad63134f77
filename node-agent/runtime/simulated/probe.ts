import type { ProbeAnswer, ProbeRequest } from "../runtime.ts";
import { httpGet } from "./http-server.ts";
import type { Network } from "./network.ts";

/** Probes as kubelet does, through the Pod's network. (pkg/probe) */
export async function answerProbe(
  request: ProbeRequest,
  address: string,
  network: Network,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const host = (request.type !== "grpc" && request.host) || address;
  const authority = `${host.includes(":") ? `[${host}]` : host}:${request.port}`;
  const where = request.type === "http" ? `${request.scheme.toLowerCase()}://${authority}${request.path}` : "";
  try {
    const connection = network.dial(host === "localhost" || host === "127.0.0.1" ? address : host, request.port);
    if (request.type === "tcp") {
      connection.destroy();
      return { ok: true, message: "" };
    }
    signal.addEventListener("abort", () => connection.destroy(new Error("context deadline exceeded")), { once: true });
    if (request.type === "grpc") {
      // Simulated servers of this kind say by a status how they are.
      const { code } = await httpGet(connection, { target: "/", headers: { Host: authority } });
      return code === 200
        ? { ok: true, message: "" }
        : { ok: false, message: 'service unhealthy (responded with "NOT_SERVING")' };
    }
    const headers = { Host: authority, "User-Agent": "kube-probe/1.36", Accept: "*/*", ...request.headers };
    const { code } = await httpGet(connection, { target: request.path, headers });
    const ok = code >= 200 && code < 400;
    return { ok, message: ok ? "" : `HTTP probe failed with statuscode: ${code}` };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, message: where ? `Get "${where}": ${message}` : message };
  }
}
