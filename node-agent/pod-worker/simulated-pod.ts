import { ManualClock, silentLogger } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { addressPool } from "../address-pool.ts";
import { Backoff } from "../backoff.ts";
import { PodWorker } from "../pod-worker.ts";
import { ProbeMeter } from "../probes/probe-meter.ts";
import { ImageCatalog } from "../runtime/simulated/image-catalog.ts";
import { knownImages } from "../runtime/simulated/known-images.ts";
import { Network } from "../runtime/simulated/network/network.ts";
import { simulatedRuntime } from "../runtime/simulated/runtime.ts";

const turns = async () => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
};

/** A Pod on a simulated runtime, and a clock that stands still; `step` moves it by so many seconds and lets everything that follows happen. */
export function runPod(spec: Partial<Pod["spec"]>, lacks: () => string | undefined = () => undefined) {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const events: string[] = [];
  const messages: string[] = [];
  const addresses = addressPool(async () => ["10.244.0.0/24"]);
  const pod = {
    metadata: { name: "web", namespace: "default", uid: "u1", generation: 1 },
    spec: { restartPolicy: "Always", ...spec },
  } as Pod;
  const worker = new PodWorker(pod, {
    nodeName: "node-a",
    hostIPs: ["127.1.0.1"],
    runtime: simulatedRuntime({
      clock,
      random: () => 0.5,
      address: "127.1.0.1",
      nodeName: "node-a",
      addresses,
      amounts: { cpus: 8, memory: 2 ** 35, storage: 2 ** 36 },
      images: new ImageCatalog(knownImages),
      network: new Network(),
      disks: new Map(),
    }),
    clock,
    meter: new ProbeMeter(),
    logger: silentLogger,
    recorder: {
      event(_about, _type, reason, message) {
        events.push(reason);
        messages.push(message);
      },
      flush: async () => {},
    },
    backoff: new Backoff(),
    environment: async () => ({}),
    volumes: async () => (spec.volumes ?? []).map(({ name }) => ({ type: "emptyDir", name, medium: "" })),
    dns: () => ({ servers: [], searches: [], options: [] }),
    hosts: () => "",
    lacksFor: lacks,
    statusChanged: () => {},
    finished: () => {},
  });
  void worker.start();
  const step = async (seconds: number) => {
    await turns();
    clock.advance(seconds * 1000);
    await turns();
    return worker.status();
  };
  return { worker, step, events, messages, pod };
}
