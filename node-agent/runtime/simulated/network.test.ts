import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { Network } from "./network.ts";

test("bytes go both ways, and an end is an end", async () => {
  const network = new Network();
  network.listen("10.0.0.1", 80, (connection) => connection.pipe(connection));
  const client = network.dial("10.0.0.1", 80);
  client.end("hello");
  expect(await text(client)).toBe("hello");
});

test.each([
  ["10.0.0.2", 80, "dial tcp 10.0.0.2:80: connect: no route to host"],
  ["10.0.0.1", 81, "dial tcp 10.0.0.1:81: connect: connection refused"],
])("%s:%i answers %s", (host, port, message) => {
  const network = new Network();
  network.listen("10.0.0.1", 80, () => {});
  expect(() => network.dial(host, port)).toThrow(message);
});

test("a port is taken once, and free again after", () => {
  const network = new Network();
  const close = network.listen("10.0.0.1", 80, () => {});
  expect(() => network.listen("10.0.0.1", 80, () => {})).toThrow("address already in use");
  close();
  network.listen("10.0.0.1", 80, () => {});
});
