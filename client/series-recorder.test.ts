import { expect, test } from "vitest";
import type { Event } from "../openapi/api/events.k8s.io.v1.ts";
import { ApiError } from "./api-error.ts";
import type { Client } from "./client.ts";
import { ManualClock } from "./clock.ts";
import { silentLogger } from "./logger.ts";
import type { ApiObject } from "./resource.ts";
import { createSeriesRecorder } from "./series-recorder.ts";

const pod = (resourceVersion: string): ApiObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "ns", uid: "u", resourceVersion },
});

/** What is written of events about a Pod at these versions, one after the other. */
async function record(...versions: string[]) {
  const written: string[] = [];
  const client = {
    async create(_resource: string, event: Event) {
      written.push(`create ${event.regarding?.resourceVersion}: ${event.note}`);
      return event;
    },
    async patch(_resource: string, _where: object, { series }: Partial<Event>) {
      written.push(`series of ${series?.count}`);
      return {};
    },
  } as unknown as Client;
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const recorder = createSeriesRecorder({ client, clock, logger: silentLogger, component: "default-scheduler" });
  for (const [i, version] of versions.entries())
    recorder.event({
      regarding: pod(version),
      type: "Warning",
      reason: "FailedScheduling",
      action: "Scheduling",
      note: `try ${i}`,
    });
  await recorder.flush();
  recorder.stop();
  return written;
}

test("the second of a kind makes a series, whatever it says, and further ones are only counted", async () => {
  expect(await record("1", "1", "1")).toEqual(["create 1: try 0", "series of 2"]);
});

test("an object that was written meanwhile begins a series of its own", async () => {
  expect(await record("1", "2", "2")).toEqual(["create 1: try 0", "create 2: try 1", "series of 2"]);
});

test("events of a namespace that is going away are not all tried, and others are", async () => {
  const tried: string[] = [];
  const client = {
    async create(_resource: string, event: Event) {
      const { namespace = "" } = event.metadata;
      tried.push(`${namespace} ${event.note}`);
      const details = { causes: [{ reason: "NamespaceTerminating" }] };
      if (namespace === "ns") throw new ApiError(403, { reason: "Forbidden", details });
      return event;
    },
  } as unknown as Client; // nothing else is asked of it
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const recorder = createSeriesRecorder({ client, clock, logger: silentLogger, component: "default-scheduler" });
  const tell = async (namespace: string, note: string) => {
    const { metadata, ...rest } = pod(note);
    const regarding = { ...rest, metadata: { ...metadata, namespace } };
    recorder.event({ regarding, type: "Normal", reason: "Scheduled", action: "Binding", note });
    await recorder.flush();
  };
  await tell("ns", "1");
  await tell("ns", "2");
  await tell("other", "3");
  clock.advance(1001);
  await tell("ns", "4");
  recorder.stop();
  expect(tried).toEqual(["ns 1", "other 3", "ns 4"]);
});
