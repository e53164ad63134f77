import { expect, test } from "vitest";
import { KeyQueue } from "../registry/key-queue.ts";
import { WorkQueueMetrics } from "./work-queue-metrics.ts";

test("a queue is shown from the start; what waits, runs, fails and ends is counted", async () => {
  let seconds = 0;
  const metrics = new WorkQueueMetrics(() => seconds);
  const shown = async () =>
    Object.fromEntries(
      await Promise.all(
        metrics.series.map(async (series) => {
          const { values } = (await series.get()) as { values: { value: number; metricName?: string }[] };
          return [series.name, values.filter(({ metricName = "_sum" }) => metricName.endsWith("_sum"))[0]?.value];
        }),
      ),
    );
  const observer = metrics.queue("q");
  expect(await shown()).toMatchObject({ workqueue_adds_total: 0, workqueue_retries_total: 0 });
  let release = () => {};
  const queue = new KeyQueue({
    clock: { now: () => 0, after: () => () => undefined },
    observer,
    sync: () => new Promise((resolve) => (release = () => resolve("again"))),
    onError: () => undefined,
  });
  queue.add("a");
  queue.add("a");
  queue.add("b");
  expect(metrics.states()).toEqual([{ name: "q", depth: 2, working: [] }]);
  seconds = 2;
  await new Promise((resolve) => setImmediate(resolve));
  seconds = 5;
  expect(metrics.states()).toEqual([{ name: "q", depth: 1, working: [3] }]);
  release();
  await new Promise((resolve) => setImmediate(resolve));
  release();
  await new Promise((resolve) => setImmediate(resolve));
  expect(metrics.states()).toEqual([{ name: "q", depth: 0, working: [] }]);
  expect(await shown()).toEqual({
    workqueue_adds_total: 2,
    workqueue_retries_total: 2,
    workqueue_queue_duration_seconds: 7,
    workqueue_work_duration_seconds: 3,
  });
});
