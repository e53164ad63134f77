/**
 * No request crashes the server, hangs it, or meets an error that it has no words for. A few seconds by default; for a
 * long run: `FUZZ_RUNS=20000 FUZZ_SEED=7 npm test -- conformance/fuzz`.
 */
import { request } from "node:https";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClusterUnderTest, clusterUnderTest } from "../cluster.ts";
import { HttpClient } from "../http.ts";
import { arbitraryRequest, type FuzzedRequest, namespace } from "./arbitrary-request.ts";

const runs = Number(process.env.FUZZ_RUNS ?? 400);
const seed = Number(process.env.FUZZ_SEED ?? 1);
/** Requests are a second long at most, by their timeoutSeconds; the rest is for a busy machine. */
const PATIENCE_MILLISECONDS = 20_000;
const MAX_GROWTH_BYTES = 400 * 1024 * 1024;

let cluster: ClusterUnderTest;
let http: HttpClient;

beforeAll(async () => {
  cluster = await clusterUnderTest({ nodes: 0, controllers: [], scheduler: false });
  http = await HttpClient.open(cluster.kubeconfig);
  await http.post("/api/v1/namespaces", { metadata: { name: namespace } });
  await http.post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: "default" } });
});
afterAll(() => cluster.stop());

interface Outcome {
  readonly status: number;
  readonly text: string;
}

function send({ method, path, headers, body }: FuzzedRequest): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const url = new URL(http.server);
    const { hostname, port } = url;
    // Node frames bodies of GET and DELETE by nothing unless it is told.
    const framed = body === undefined ? headers : { ...headers, "content-length": Buffer.byteLength(body) };
    const call = request({ ...http.options, hostname, port, path, method, headers: framed }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    call.on("error", reject);
    call.setTimeout(PATIENCE_MILLISECONDS, () => call.destroy(new Error("no answer in time")));
    call.end(body);
  });
}

const residentBytes = async () =>
  Number(/^process_resident_memory_bytes (\S+)/m.exec((await http.get("/metrics")).body)?.[1]);

test(`${runs} strange requests are all answered, and by words`, { timeout: 60_000 + runs * 100 }, async () => {
  const before = await residentBytes();
  const codes = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(arbitraryRequest, async (asked) => {
      const { status, text } = await send(asked);
      codes.set(status, (codes.get(status) ?? 0) + 1);
      expect(status, text).toBeGreaterThanOrEqual(200);
      expect(text).not.toContain("caused apiserver to panic");
    }),
    { numRuns: runs, seed },
  );
  expect((await http.get("/readyz")).body).toBe("ok");
  expect((await residentBytes()) - before).toBeLessThan(MAX_GROWTH_BYTES);
  if (process.env.FUZZ_RUNS) console.log(Object.fromEntries(codes), "grown by", (await residentBytes()) - before);
});
