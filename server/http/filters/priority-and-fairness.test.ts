import { once } from "node:events";
import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import request from "supertest";
import { afterEach, expect, test } from "vitest";
import type { ObjectHandler, ObjectWatch } from "../../auth/object-watch.ts";
import type { KubeObject } from "../../meta/object.ts";
import { systemClock } from "../../storage/clock.ts";
import type { AppOptions } from "../app-options.ts";
import { FlowControl } from "../flow-control/flow-control.ts";
import { testApp } from "../test-app.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const body = (name: string) => ({ kind: "ConfigMap", apiVersion: "v1", metadata: { name } });
const servers: Server[] = [];
const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server with one seat for all but administrators, and room for so many who wait. */
function serve(queueLengthLimit: number, more: Partial<AppOptions> = {}) {
  const flowControl = new FlowControl({ serverSeats: 1, clock: systemClock, stats: () => undefined });
  stops.push(flowControl.follow(objects(queueLengthLimit)));
  const { app, store } = testApp({ flowControl, series: flowControl.series, ...more });
  const server = createServer((req, res) => void app.handle(req, res)).listen(0);
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  const api = request(server);
  const create = (user: string, name: string, path = CONFIG_MAPS) =>
    api
      .post(path)
      .set("X-Test-User", user)
      .send(body(name))
      .then((answer) => answer);
  let release = () => {};
  store.hold = new Promise((resolve) => {
    release = resolve;
  });
  return { app, store, api, port, create, release: () => release() };
}

function objects(queueLengthLimit: number): ObjectWatch {
  const queuing = { queues: 1, handSize: 1, queueLengthLimit };
  const limitResponse = queueLengthLimit > 0 ? { type: "Queue", queuing } : { type: "Reject" };
  const limited = { nominalConcurrencyShares: 1, lendablePercent: 0, limitResponse };
  const level = { metadata: { name: "catch-all", uid: "level" }, spec: { type: "Limited", limited } };
  return {
    watch({ resource }, handler) {
      // An object of the resource that was asked for.
      if (resource === "prioritylevelconfigurations") (handler as unknown as ObjectHandler<KubeObject>).set(level);
      return () => {};
    },
  };
}

/** Waits until so many requests of ordinary users are under way, or in the queue. */
const until = (app: { metrics: { expose(): Promise<string> } }, phase: "executing" | "inqueue", count: number) => {
  const labels = '{priority_level="catch-all",flow_schema="catch-all"}';
  const line = `apiserver_flowcontrol_current_${phase}_requests${labels} ${count}\n`;
  return expect.poll(() => app.metrics.expose()).toContain(line);
};

test("without a seat a request is told to come back, unless its level is exempt", async () => {
  const { create, release, store, app } = serve(0);
  const first = create("jane", "a");
  await until(app, "executing", 1);
  const second = await create("joe", "b");
  expect([second.status, second.text]).toEqual([429, "Too many requests, please try again later.\n"]);
  expect(second.headers).toMatchObject({
    "retry-after": "1",
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
    "x-kubernetes-pf-flowschema-uid": "",
    "x-kubernetes-pf-prioritylevel-uid": "level",
  });
  const admin = create("admin", "c");
  await expect.poll(() => store.held).toBe(2);
  release();
  const answers = await Promise.all([first, admin]);
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  expect(answers.map(({ headers }) => headers["x-kubernetes-pf-prioritylevel-uid"])).toEqual(["level", ""]);
  expect((await create("joe", "b")).status).toBe(201);
  const text = await app.metrics.expose();
  const lines = text.split("\n").filter((line) => /^apiserver_flowcontrol_(rejected|dispatched)_/.test(line));
  expect(lines.sort()).toEqual([
    'apiserver_flowcontrol_dispatched_requests_total{priority_level="catch-all",flow_schema="catch-all"} 2',
    'apiserver_flowcontrol_dispatched_requests_total{priority_level="exempt",flow_schema="exempt"} 1',
    'apiserver_flowcontrol_rejected_requests_total{priority_level="catch-all",flow_schema="catch-all",reason="concurrency-limit"} 1',
  ]);
  expect(text).toContain('apiserver_flowcontrol_nominal_limit_seats{priority_level="catch-all"} 1\n');
  expect(text).toContain(
    'apiserver_flowcontrol_current_executing_seats{priority_level="catch-all",flow_schema="catch-all"} 0\n',
  );
  expect(text).toMatch(/apiserver_request_total\{code="429",[^}]*resource="configmaps"[^}]*verb="POST"[^}]*} 1\n/);
});

test("levels, queues and time are in the metrics", async () => {
  const { create, release, app } = serve(1);
  release();
  await create("jane", "a");
  const text = await app.metrics.expose();
  const families = text.match(/(?<=^# TYPE apiserver_flowcontrol_)\S+/gm) ?? [];
  expect(families.sort().join(" ")).toBe(
    "current_executing_requests current_executing_seats current_inqueue_requests current_inqueue_seats current_limit_seats current_r demand_seats demand_seats_average demand_seats_high_watermark demand_seats_smoothed demand_seats_stdev dispatch_r dispatched_requests_total latest_s lower_limit_seats next_discounted_s_bounds next_s_bounds nominal_limit_seats priority_level_request_utilization priority_level_seat_utilization read_vs_write_current_requests request_execution_seconds request_queue_length_after_enqueue request_wait_duration_seconds seat_fair_frac target_seats upper_limit_seats watch_count_samples work_estimated_seats",
  );
  const helps = text.match(/^# HELP apiserver_flowcontrol_.*$/gm) ?? [];
  expect(helps.filter((line) => !/ \[(ALPHA|BETA)\] /.test(line))).toEqual([]);
  expect(helps.filter((line) => line.includes("[BETA]")).length).toBe(6);
  // Every nanosecond counts, whether something happened in it or not.
  for (const series of [
    'read_vs_write_current_requests_count{phase="waiting",request_kind="readOnly"}',
    'priority_level_request_utilization_count{phase="executing",priority_level="exempt"}',
    'demand_seats_count{priority_level="catch-all"}',
  ]) {
    const count = async () => {
      const lines = (await app.metrics.expose()).split("\n");
      const line = lines.find((each) => each.startsWith(`apiserver_flowcontrol_${series} `));
      return Number(line?.split(" ").at(-1));
    };
    await expect.poll(count).toBeGreaterThan(20e6);
  }
});

test("those who wait are let in in turn; who finds the queue full is not", async () => {
  const { create, release, app } = serve(2);
  const waiting = [create("jane", "a"), create("jane", "b"), create("jane", "c")];
  await until(app, "inqueue", 2);
  expect(await app.metrics.expose()).toContain('apiserver_current_inqueue_requests{request_kind="mutating"} 2\n');
  expect((await create("jane", "d")).status).toBe(429);
  release();
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([201, 201, 201]);
  expect(await app.metrics.expose()).toContain('apiserver_current_inqueue_requests{request_kind="mutating"} 0\n');
});

test("a request waits for a quarter of the time that it has", async () => {
  const { create, release, app } = serve(2);
  const first = create("jane", "a");
  await until(app, "executing", 1);
  const began = performance.now();
  expect((await create("jane", "b", `${CONFIG_MAPS}?timeout=4s`)).status).toBe(429);
  expect(performance.now() - began).toBeGreaterThan(900);
  expect(performance.now() - began).toBeLessThan(3900);
  release();
  expect((await first).status).toBe(201);
  expect(await app.metrics.expose()).toContain('flow_schema="catch-all",reason="time-out"} 1\n');
});

test("a client that goes away gives up its place", async () => {
  const { create, release, port, app } = serve(1);
  const first = create("jane", "a");
  await until(app, "executing", 1);
  const leaving = get({ port, path: CONFIG_MAPS, headers: { "X-Test-User": "jane" } });
  leaving.on("error", () => {}); // it is told that nobody answered
  await until(app, "inqueue", 1);
  leaving.destroy();
  await until(app, "inqueue", 0);
  expect(await app.metrics.expose()).toContain('apiserver_current_inqueue_requests{request_kind="readOnly"} 0\n');
  const second = create("jane", "b");
  await until(app, "inqueue", 1);
  release();
  expect([(await first).status, (await second).status]).toEqual([201, 201]);
});

test("a watch has a seat only until it has been told what there is", async () => {
  const { create, release, port, app } = serve(0);
  release();
  const path = "/api/v1/configmaps?watch=1&timeoutSeconds=1";
  const [response] = (await once(get({ port, path, headers: { "X-Test-User": "jane" } }), "response")) as [
    IncomingMessage,
  ];
  expect(response.headers).toMatchObject({ "x-kubernetes-pf-prioritylevel-uid": "level" });
  expect((await create("jane", "a")).status).toBe(201);
  response.resume();
  await once(response, "end");
  expect((await create("jane", "b")).status).toBe(201);
  const text = await app.metrics.expose();
  expect(text).toMatch(/request_execution_seconds_count\{[^}]*type="watch"} 1\n/);
  expect(text).toMatch(/current_executing_requests\{[^}]*} 0\n/);
});

test("a watch that is refused gives its seat back", async () => {
  const { create, release, api } = serve(0);
  release();
  const refused = await api.get("/api/v1/configmaps?watch=1&limit=x").set("X-Test-User", "jane");
  expect(refused.status).toBe(400);
  expect((await create("jane", "a")).status).toBe(201);
});

test("the dumps show levels, queues, and who is in them", async () => {
  const { create, release, api, app } = serve(2);
  const first = create("jane", "a");
  await until(app, "executing", 1);
  const second = create("joe", "b");
  await until(app, "inqueue", 1);
  const dump = async (name: string) => (await api.get(`/debug/api_priority_and_fairness/${name}`)).text;
  expect(await dump("dump_priority_levels")).toBe(
    [
      "PriorityLevelName, ActiveQueues, IsIdle, IsQuiescing, WaitingRequests, ExecutingRequests, DispatchedRequests, RejectedRequests, TimedoutRequests, CancelledRequests",
      "catch-all,         1,            false,  false,       1,               1,                 1,                  0,                0,                0",
      "exempt,            0,            false,  false,       0,               1,                 1,                  0,                0,                0",
      "",
    ].join("\n"),
  );
  expect((await dump("dump_queues")).split("\n")[1]).toMatch(
    /^catch-all, +0, +1, +1, +1, +0\.\d{8}ss, +1, +1, +0\.00300000ss$/,
  );
  const requests = (await dump("dump_requests?includeRequestDetails=1")).split("\n").map((line) => line.split(/, +/));
  const time = expect.stringMatching(/^20\d\d-\d\d-\d\dT[\d:.]+Z$/);
  const about = ["create", CONFIG_MAPS, "default", "", "v1", "configmaps", ""];
  expect(requests[0]?.length).toBe(18);
  expect(requests.slice(1, 3)).toEqual([
    ["catch-all", "catch-all", "0", "0", "", time, "1", "0", "0s", "0001-01-01T00:00:00Z", "joe", ...about],
    ["catch-all", "catch-all", "0", "-1", "", time, "1", "0", "0s", time, "jane", ...about],
  ]);
  release();
  await Promise.all([first, second]);
});
