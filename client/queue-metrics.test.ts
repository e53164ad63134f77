import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { ManualClock } from "./clock.ts";
import { queueMetrics } from "./queue-metrics.ts";
import { itemExponentialFailure, WorkQueue } from "./work-queue.ts";

test("a queue tells of what waits, what is worked on, and what comes again", async () => {
  const clock = new ManualClock(new Date(0));
  const registry = new Registry();
  const of = queueMetrics(registry, clock);
  const queue = new WorkQueue(clock, itemExponentialFailure(1000, 1000), of("deployment"));
  of("job");
  const told = async () => {
    const lines = (await registry.metrics())
      .split("\n")
      .filter((line) => /^[^#]/.test(line) && !line.includes("_bucket"));
    return Object.fromEntries(
      lines.map((line) => {
        const [, name = "", queueName = "", value] = /^workqueue_(\w+)\{name="(\w+)"\} (\S+)$/.exec(line) ?? [];
        return [`${queueName} ${name}`, Number(value)];
      }),
    );
  };
  queue.add("a");
  queue.add("b");
  queue.add("a");
  clock.advance(2000);
  expect(await queue.next()).toBe("a");
  queue.add("a");
  clock.advance(3000);
  expect(await told()).toMatchObject({
    "deployment depth": 2,
    "deployment adds_total": 3,
    "deployment queue_duration_seconds_sum": 2,
    "deployment queue_duration_seconds_count": 1,
    "deployment unfinished_work_seconds": 3,
    "deployment longest_running_processor_seconds": 3,
    "deployment work_duration_seconds_count": 0,
    "job depth": 0,
    "job adds_total": 0,
  });
  queue.done("a");
  queue.addRateLimited("a");
  expect(await told()).toMatchObject({
    "deployment unfinished_work_seconds": 0,
    "deployment longest_running_processor_seconds": 0,
    "deployment work_duration_seconds_sum": 3,
    "deployment work_duration_seconds_count": 1,
    "deployment retries_total": 1,
  });
  queue.stop();
});
