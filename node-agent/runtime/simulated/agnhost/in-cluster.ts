import type { Process } from "../behaviour.ts";
import { type Transfer, transfer } from "../commands/network/transfer.ts";

const FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";
const TIMEOUT_MS = 30_000;

/** Asks an address with the Pod's token, as programs inside of the cluster do; its authority is the cluster's. @throws Error */
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
