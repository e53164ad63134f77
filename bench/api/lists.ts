import { type Figure, measure } from "./measure.ts";
import { pods } from "./objects.ts";
import type { Target } from "./target.ts";

const PAGE = 500;

const lists: readonly (readonly [name: string, query: string])[] = [
  ["list all Pods", ""],
  ["list Pods by a label that 2 % have", "?labelSelector=group%3D7"],
  ["list Pods by a field that none has", "?fieldSelector=spec.nodeName%3Dnowhere"],
  ["list Pods, a page of 500", `?limit=${PAGE}`],
];

/** Lists one after the other, as a client sees them. */
export async function measureLists(target: Target, size: number, row: (name: string, figure: Figure) => void) {
  const client = await target.connect();
  const get = (path: string) => client.send({ method: "GET", path, onData: () => {} });
  for (const [name, query] of lists) {
    const count = query ? 100 : Math.max(5, Math.round(100_000 / size));
    await get(pods + query);
    row(name, await measure(target, { count, concurrency: 1, send: () => get(pods + query) }));
  }
  row("list all Pods in pages of 500", await measure(target, { count: 5, concurrency: 1, send: () => walk() }));
  client.close();

  /** Follows the tokens from page to page. */
  async function walk() {
    let token = "";
    for (;;) {
      const query = `?limit=${PAGE}${token && `&continue=${encodeURIComponent(token)}`}`;
      const answer = await client.send({ method: "GET", path: pods + query });
      token = /"continue":"([^"]+)"/.exec(answer.text.slice(0, 1000))?.[1] ?? "";
      if (!token || answer.status !== 200) return answer;
    }
  }
}
