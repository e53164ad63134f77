import { type Figure, measure } from "./measure.ts";
import { pod, pods } from "./objects.ts";
import type { Target } from "./target.ts";

const WATCHERS = 20;

/**
 * What a busy cluster's clients do all at once: of 20 requests 11 gets, 4 patches, 2 creates, 2 deletes of those, and one
 * list by label, while some watch.
 */
export async function mixedLoad(target: Target, concurrency: number): Promise<Figure> {
  const client = await target.connect();
  const watcher = await target.connect();
  for (let n = 0; n < WATCHERS; n++) {
    const path = `${pods}?watch=1&labelSelector=group%3D${n}&timeoutSeconds=600`;
    void watcher.send({ method: "GET", path, onData: () => {} });
  }
  const json = (method: string, path: string, body: unknown, type = "application/json") =>
    client.send({ method, path, body: JSON.stringify(body), type });
  const patch = (n: number) => ({ metadata: { annotations: { mixed: String(n) } } });
  const created: string[] = [];
  const figure = await measure(target, {
    count: 20_000,
    concurrency,
    send: async (n) => {
      const kind = n % 20;
      if (kind < 11) return client.send({ method: "GET", path: `${pods}/p${(n * 7919) % 5000}` });
      if (kind < 15) return json("PATCH", `${pods}/p${(n * 7919) % 5000}`, patch(n), "application/merge-patch+json");
      if (kind === 19) return client.send({ method: "GET", path: `${pods}?labelSelector=group%3D${n % 50}` });
      const name = kind < 17 ? undefined : created.shift();
      if (name) return json("DELETE", `${pods}/${name}`, { gracePeriodSeconds: 0 });
      const answer = await json("POST", pods, pod(`x${n}`, n));
      created.push(`x${n}`);
      return answer;
    },
  });
  for (const name of created) await json("DELETE", `${pods}/${name}`, { gracePeriodSeconds: 0 });
  client.close();
  watcher.close();
  return figure;
}
