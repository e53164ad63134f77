import { expect, test } from "vitest";
import type { Stored } from "../registry/store.ts";
import { ProtobufMessages } from "./protobuf-messages.ts";

const stored = (key: string, revision = 7): Stored => ({
  key,
  revision,
  createRevision: 7,
  object: { kind: "Pod", apiVersion: "v1", metadata: {} },
  json: Buffer.from("{}"),
});

/** Asks for the message of an object of 800 bytes. @returns whether it had to be made */
function ask(messages: ProtobufMessages, of: Stored): boolean {
  let made = false;
  messages.get(of, () => {
    made = true;
    return new Uint8Array(800);
  });
  return made;
}

test("a message is made once while it is asked for", () => {
  const messages = new ProtobufMessages({ maxBytes: 10_000 });
  const [a, b] = [stored("a"), stored("b")];
  expect([a, b, a, b].map((of) => ask(messages, of))).toEqual([true, true, false, false]);
  messages.nextPeriod();
  expect(ask(messages, a)).toBe(false);
  messages.nextPeriod();
  expect(messages.bytes).toBe(1000);
  expect([a, b].map((of) => ask(messages, of))).toEqual([false, true]);
});

test("what nobody asks for goes, and its room with it", () => {
  const messages = new ProtobufMessages({ maxBytes: 10_000 });
  for (let n = 0; n < 5; n++) ask(messages, stored(`o${n}`));
  messages.nextPeriod();
  expect(messages.bytes).toBe(5000);
  messages.nextPeriod();
  expect(messages.bytes).toBe(0);
});

test("a list longer than the room finds what fitted", () => {
  const messages = new ProtobufMessages({ maxBytes: 3000 });
  const list = Array.from({ length: 5 }, (_, n) => stored(`o${n}`));
  const made = () => list.map((of) => ask(messages, of));
  expect(made()).toEqual([true, true, true, true, true]);
  expect(made()).toEqual([false, false, false, true, true]);
  expect(messages.bytes).toBe(3000);
});

test("a new state takes the place of the old one, and no old one that of a new one", () => {
  const messages = new ProtobufMessages({ maxBytes: 10_000 });
  const [old, now] = [stored("a", 7), stored("a", 8)];
  expect([old, now, old, now].map((of) => ask(messages, of))).toEqual([true, true, true, false]);
  expect(messages.bytes).toBe(1000);
});

test("what is not stored is not kept", () => {
  const messages = new ProtobufMessages({ maxBytes: 10_000 });
  ask(messages, stored("", 0));
  expect(messages.bytes).toBe(0);
});
