import type { Process } from "../behaviour.ts";
import { type Transfer, transfer } from "../commands/network/transfer.ts";

const FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";
const TIMEOUT_MS = 30_000;

/** Asks the API server as programs inside of the cluster do: by its Service, with the Pod's token. @throws Error */
export async function askApiServer(process: Process, path: string): Promise<{ code: number; body: string }> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  if (!host || !port) {
    throw new Error(
      "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined",
    );
  }
  const url = new URL(path, `https://${host.includes(":") ? `[${host}]` : host}:${port}`);
  return askWithToken(process, url);
}

/** The same at any address, believed by the cluster's authority. @throws Error */
export async function askWithToken(process: Process, url: URL): Promise<{ code: number; body: string }> {
  const [token, ca] = await Promise.all([
    process.files.read(`${FOLDER}/token`),
    process.files.read(`${FOLDER}/ca.crt`),
  ]);
  const request = { headers: { Authorization: `Bearer ${token}` } };
  const wanted: Transfer = { url, request, tls: { ca, insecure: false }, timeout: TIMEOUT_MS };
  const { code, body } = await transfer(process, wanted);
  return { code, body: body.toString("utf8") };
}
