import { formatGoDuration } from "../../../openapi/scalars.ts";
import type { FixedRoute } from "../app-options.ts";
import type { FlowControl } from "../flow-control/flow-control.ts";
import type { PriorityLevel } from "../flow-control/priority-level.ts";
import type { Ticket } from "../flow-control/ticket.ts";
import { seatsOf } from "../flow-control/work.ts";
import { send } from "../respond.ts";

const PREFIX = "/debug/api_priority_and_fairness";
const MIN_WIDTH = 8;
/** Go's zero time: what has not begun. */
const NEVER = "0001-01-01T00:00:00Z";

const LEVELS = [
  "PriorityLevelName",
  "ActiveQueues",
  "IsIdle",
  "IsQuiescing",
  "WaitingRequests",
  "ExecutingRequests",
  "DispatchedRequests",
  "RejectedRequests",
  "TimedoutRequests",
  "CancelledRequests",
];
const QUEUES = [
  "PriorityLevelName",
  "Index",
  "PendingRequests",
  "ExecutingRequests",
  "SeatsInUse",
  "NextDispatchR",
  "InitialSeatsSum",
  "MaxSeatsSum",
  "TotalWorkSum",
];
const REQUESTS = [
  "PriorityLevelName",
  "FlowSchemaName",
  "QueueIndex",
  "RequestIndexInQueue",
  "FlowDistingsher", // sic
  "ArriveTime",
  "InitialSeats",
  "FinalSeats",
  "AdditionalLatency",
  "StartTime",
];
const DETAILS = ["UserName", "Verb", "APIPath", "Namespace", "Name", "APIVersion", "Resource", "SubResource"];

type Row = readonly (string | number | boolean)[];

/** What goes on in priority levels, for people. (apiserver/pkg/util/flowcontrol/apf_controller_debug.go) */
export function flowControlRoutes(flowControl: FlowControl): FixedRoute[] {
  const route = (name: string, rows: (query: URLSearchParams) => Row[]): FixedRoute => ({
    path: `${PREFIX}/${name}`,
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    handle: (ctx) => send(ctx, 200, "text/plain; charset=utf-8", table(rows(ctx.state.query))),
  });
  const queues = () => flowControl.levels().map(({ queue }) => queue);
  return [
    route("dump_priority_levels", () => [
      LEVELS,
      ...flowControl.levels().map(({ queue, isQuiescing }) => levelRow(queue, isQuiescing)),
    ]),
    route("dump_queues", () => [QUEUES, ...queues().flatMap(queueRows)]),
    route("dump_requests", (query) => {
      const isDetailed = Boolean(query.get("includeRequestDetails"));
      const rows = queues().flatMap((level) => requestRows(level, isDetailed));
      return [isDetailed ? [...REQUESTS, ...DETAILS] : REQUESTS, ...rows];
    }),
  ];
}

function levelRow(level: PriorityLevel, isQuiescing: boolean): Row {
  const { name, queues, isIdle, waiting, executing, dispatched, rejected, cancelled } = level;
  const active = queues.filter((queue) => queue.waiting.length > 0).length;
  return [name, active, isIdle, isQuiescing, waiting, executing.size, dispatched, rejected, 0, cancelled];
}

function queueRows({ name, queues }: PriorityLevel): Row[] {
  return queues.map(({ index, waiting, executing, seatsInUse, nextStart, workWaiting }) => {
    const initialSeats = waiting.reduce((sum, { work }) => sum + work.initialSeats, 0);
    const maxSeats = waiting.reduce((sum, { work }) => sum + seatsOf(work), 0);
    const pending = waiting.length;
    return [
      name,
      index,
      pending,
      executing,
      seatsInUse,
      seatSeconds(nextStart),
      initialSeats,
      maxSeats,
      seatSeconds(workWaiting),
    ];
  });
}

function requestRows(level: PriorityLevel, isDetailed: boolean): Row[] {
  const row = (ticket: Ticket, queue: number, index: number): Row => {
    const { claim, work, arrivedAt, startedAt, waiting } = ticket;
    const known = [
      level.name,
      claim.flow.schema,
      queue,
      index,
      claim.distinguisher,
      nanoTime(arrivedAt),
      work.initialSeats,
      work.finalSeats,
      formatGoDuration(BigInt(Math.round(work.lingerMilliseconds * 1e6))),
      waiting ? NEVER : nanoTime(startedAt),
    ];
    return isDetailed ? [...known, ...details(ticket)] : known;
  };
  const executing = [...level.executing];
  return [
    ...level.queues.flatMap((queue) => [
      ...queue.waiting.map((ticket, index) => row(ticket, queue.index, index)),
      ...executing.filter((ticket) => ticket.queue === queue).map((ticket) => row(ticket, queue.index, -1)),
    ]),
    ...executing.filter((ticket) => !ticket.queue).map((ticket) => row(ticket, -1, -1)),
  ];
}

function details({ claim }: Ticket): Row {
  const { user, requestInfo } = claim.request;
  const { verb, path, namespace, name, apiGroup, apiVersion, resource, subresource } = requestInfo;
  const version = apiGroup ? `${apiGroup}/${apiVersion}` : apiVersion;
  return [user.name, verb, path, namespace, name, version, resource, subresource];
}

/** Upstream counts in parts of 1e-8; here it is seats times milliseconds. */
function seatSeconds(virtual: number): string {
  return `${(virtual / 1000).toFixed(8)}ss`;
}

/** Go's RFC3339Nano, in UTC. */
function nanoTime(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  const nanoseconds = Math.round((milliseconds - whole) * 1e6);
  const seconds = new Date(whole).toISOString().slice(0, 19);
  const fraction = `${String(whole % 1000).padStart(3, "0")}${String(nanoseconds).padStart(6, "0")}`.replace(/0+$/, "");
  return fraction ? `${seconds}.${fraction}Z` : `${seconds}Z`;
}

/** Go's text/tabwriter: columns as wide as they need. */
function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => row.map((cell, i) => (i < row.length - 1 ? `${cell},` : String(cell))));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(MIN_WIDTH, widths[i] ?? 0, cell.length + 1);
    });
  }
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i]!) : cell)).join("");
  return cells.map((row) => `${line(row)}\n`).join("");
}
