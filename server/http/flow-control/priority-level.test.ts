import { expect, test } from "vitest";
import { TestClock } from "../../storage/test-clock.ts";
import { parseRequestInfo } from "../request-info.ts";
import { FlowControlMetrics, flowKeys } from "./metrics.ts";
import { PriorityLevel, type Queuing } from "./priority-level.ts";
import { deal, flowHash } from "./shuffle-shard.ts";
import type { Ticket } from "./ticket.ts";
import { ONE_SEAT, type Work } from "./work.ts";

const REQUEST = {
  user: { name: "", groups: [] },
  requestInfo: parseRequestInfo("GET", "/", new URLSearchParams()),
};
const QUEUING: Queuing = { queues: 8, handSize: 1, queueLengthLimit: 100 };

function setUp(seats: number, queuing: Queuing | undefined) {
  const clock = new TestClock();
  const level = new PriorityLevel("test", clock, new FlowControlMetrics(() => clock.now()));
  level.configure(queuing);
  level.setLimit(seats, seats);
  const start = (flow: string, work = ONE_SEAT) => {
    const hand = queuing ? deal(flowHash("s", flow), queuing.queues, queuing.handSize) : [];
    const claim = { flow: flowKeys("test", "s"), distinguisher: flow, hand, work, request: REQUEST };
    return level.start(claim);
  };
  return { clock, level, start };
}

const linger = (finalSeats: number, lingerMilliseconds: number): Work => ({
  initialSeats: 1,
  finalSeats,
  lingerMilliseconds,
});

test("without queues: seats or rejection", () => {
  const { level, start } = setUp(2, undefined);
  const first = start("a");
  expect([first?.waiting, start("a")?.waiting, start("a")]).toEqual([false, false, undefined]);
  level.finish(first!);
  expect(start("b")?.waiting).toBe(false);
  expect([level.seatsInUse, level.rejected, level.dispatched]).toEqual([2, 1, 3]);
});

test("exempt levels let everything in", () => {
  const { level, start } = setUp(Infinity, undefined);
  const tickets = Array.from({ length: 1000 }, () => start("a"));
  expect(tickets.every((ticket) => ticket?.waiting === false)).toBe(true);
  expect([level.seatsInUse, level.rejected]).toEqual([1000, 0]);
});

test("a full queue rejects, and its own flow alone", () => {
  const { level, start } = setUp(1, { ...QUEUING, queueLengthLimit: 2 });
  start("a");
  expect([start("a")?.waiting, start("a")?.waiting, start("a")]).toEqual([true, true, undefined]);
  expect(start("c")?.waiting).toBe(true);
  expect([level.waiting, level.rejected]).toEqual([3, 1]);
});

test("requests of one flow go in the order in which they came", () => {
  const { level, start } = setUp(1, QUEUING);
  const done: number[] = [];
  const running = start("a")!;
  const tickets = [1, 2, 3].map((number) => {
    const ticket = start("a")!;
    ticket.granted = () => done.push(number);
    return ticket;
  });
  level.finish(running);
  level.finish(tickets[0]!);
  level.finish(tickets[1]!);
  expect(done).toEqual([1, 2, 3]);
});

test("who gives up makes room in the queue, and is not let in later", () => {
  const { level, start } = setUp(1, { ...QUEUING, queueLengthLimit: 1 });
  const running = start("a")!;
  const waiting = start("a")!;
  expect(start("a")).toBeUndefined();
  level.cancel(waiting);
  level.cancel(waiting); // again means nothing
  expect([level.waiting, level.seatsWaiting, level.cancelled]).toEqual([0, 0, 1]);
  expect(start("a")?.waiting).toBe(true);
  level.finish(running);
  expect([waiting.waiting, level.executing.size]).toEqual([true, 1]);
});

/** Clients that always have so many requests there. @returns how many of each were served */
function race(clients: Readonly<Record<string, { inFlight: number; work?: Work; milliseconds?: number }>>) {
  const { clock, level, start } = setUp(4, { queues: 64, handSize: 1, queueLengthLimit: 1000 });
  const served = Object.fromEntries(Object.keys(clients).map((name) => [name, 0]));
  const seatTime = { ...served };
  const send = (name: string): void => {
    const { work = ONE_SEAT, milliseconds = 10 } = clients[name]!;
    const ticket = start(name, work)!;
    const run = (granted: Ticket) =>
      clock.after(milliseconds, () => {
        served[name]!++;
        seatTime[name]! += work.initialSeats * milliseconds;
        level.finish(granted);
        send(name);
      });
    if (ticket.waiting) ticket.granted = () => run(ticket);
    else run(ticket);
  };
  for (const [name, { inFlight }] of Object.entries(clients)) for (let i = 0; i < inFlight; i++) send(name);
  clock.advance(10_000);
  return { served, seatTime };
}

test("a flow with many requests gets no more than one with few", () => {
  const { served } = race({ greedy: { inFlight: 200 }, modest: { inFlight: 8 } });
  expect(served.greedy! + served.modest!).toBeGreaterThan(3900);
  expect(Math.abs(served.greedy! - served.modest!)).toBeLessThan(40);
});

test("three flows get a third each", () => {
  const { served } = race({ a: { inFlight: 100 }, b: { inFlight: 10 }, c: { inFlight: 30 } });
  for (const count of Object.values(served)) expect(Math.abs(count - 4000 / 3)).toBeLessThan(40);
});

test("what a flow leaves goes to the others", () => {
  const { served } = race({ greedy: { inFlight: 100 }, single: { inFlight: 1 } });
  expect(served.single).toBeGreaterThan(400); // nearly always under way: half of the seats would be 2000
  expect(served.greedy! + served.single!).toBeGreaterThan(3900);
});

test("flows of slow or wide requests get as much seat time, not as many requests", () => {
  const slow = race({ slow: { inFlight: 50, milliseconds: 40 }, quick: { inFlight: 50 } });
  expect(slow.seatTime.slow! / slow.seatTime.quick!).toBeCloseTo(1, 0);
  const wide = race({ wide: { inFlight: 50, work: { ...ONE_SEAT, initialSeats: 2 } }, narrow: { inFlight: 50 } });
  expect(Math.abs(wide.seatTime.wide! / wide.seatTime.narrow! - 1)).toBeLessThan(0.1);
});

test("a request of more seats than there are waits until it is alone, and none overtakes it", () => {
  const { level, start } = setUp(4, QUEUING);
  const running = start("a")!;
  const wide = start("b", { ...ONE_SEAT, initialSeats: 10 })!;
  const late = start("b")!;
  expect([wide.waiting, late.waiting]).toEqual([true, true]);
  level.finish(running);
  expect([wide.waiting, late.waiting, level.seatsInUse]).toEqual([false, true, 10]);
  level.finish(wide);
  expect([late.waiting, level.seatsInUse]).toEqual([false, 1]);
});

test("seats of a write are kept until its watchers have been told", () => {
  const { clock, level, start } = setUp(3, QUEUING);
  const write = start("a", linger(3, 5))!;
  const waiting = start("b")!;
  level.finish(write);
  expect([level.executing.size, level.seatsInUse, waiting.waiting]).toEqual([0, 3, true]);
  clock.advance(5);
  expect([level.seatsInUse, waiting.waiting]).toEqual([1, false]);
});

test("what would keep more seats than there are keeps fewer for longer", () => {
  const { clock, level, start } = setUp(2, QUEUING);
  const write = start("a", linger(8, 5))!;
  expect(level.seatsInUse).toBe(2);
  level.finish(write);
  clock.advance(19);
  expect(level.seatsInUse).toBe(2);
  clock.advance(1);
  expect([level.seatsInUse, level.seatsWaiting]).toEqual([0, 0]);
});

test("more seats let those in who wait", () => {
  const { level, start } = setUp(1, QUEUING);
  const tickets = ["a", "b", "c"].map((flow) => start(flow)!);
  expect(tickets.map(({ waiting }) => waiting)).toEqual([false, true, true]);
  level.setLimit(3, 3);
  expect(tickets.map(({ waiting }) => waiting)).toEqual([false, false, false]);
});

test("fewer queues: those past the number are emptied, then gone", () => {
  const { level, start } = setUp(1, QUEUING);
  const running = start("a")!;
  const tickets = ["a", "b", "c", "d", "e", "f"].map((flow) => start(flow)!);
  level.configure({ ...QUEUING, queues: 1 });
  expect(level.queues.length).toBeGreaterThan(1);
  for (const ticket of [running, ...tickets]) {
    if (ticket.waiting) level.cancel(ticket);
    else level.finish(ticket);
  }
  for (const ticket of level.executing) level.finish(ticket);
  expect([level.queues.length, level.isIdle, level.seatsInUse]).toEqual([1, true, 0]);
});

test("the shortest queue of a hand takes the request", () => {
  const { level, start } = setUp(1, { queues: 2, handSize: 2, queueLengthLimit: 10 });
  start("a");
  for (let i = 0; i < 6; i++) start("a");
  expect(level.queues.map(({ waiting }) => waiting.length)).toEqual([3, 3]);
});
