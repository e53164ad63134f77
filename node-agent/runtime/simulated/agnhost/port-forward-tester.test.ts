import { duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { ManualClock } from "../../../../client/index.ts";
import type { Process } from "../behaviour.ts";
import { portForwardTester } from "./port-forward-tester.ts";

const sizes = { BIND_PORT: "80", CHUNKS: "3", CHUNK_SIZE: "4", CHUNK_INTERVAL: "100" };

test.each([
  { what: "sends its chunks", env: sizes, sends: "", gets: "x".repeat(12), code: 0, says: "Done" },
  {
    what: "sends them to who says the right words",
    env: { ...sizes, EXPECTED_CLIENT_DATA: "abc" },
    sends: "abc",
    gets: "x".repeat(12),
    code: 0,
    says: "Received expected client data",
  },
  {
    what: "ends when it is told something else",
    env: { ...sizes, EXPECTED_CLIENT_DATA: "abc" },
    sends: "abd",
    gets: "",
    code: 3,
    says: 'Expect to read "abc", but got "abd". err=<nil>',
  },
  {
    what: "ends when it is told too little",
    env: { ...sizes, EXPECTED_CLIENT_DATA: "abc" },
    sends: "ab",
    gets: "",
    code: 2,
    says: "Expected to read 3 bytes from client, but got 2 instead. err=EOF",
  },
  {
    what: "ends without a number of chunks",
    env: { BIND_PORT: "80" },
    sends: "",
    gets: "",
    code: 1,
    says: 'Error parsing CHUNKS "": strconv.Atoi: parsing "": invalid syntax',
  },
])("a server that $what", async ({ env, sends, gets, code, says }) => {
  const [client, server] = duplexPair();
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  let output = "";
  const process = {
    ...{ env, clock, signal: new AbortController().signal },
    stdout: {
      write(more: string) {
        output += more;
      },
    },
    network: {
      listen(port: number, acceptor: (connection: typeof server) => void) {
        expect(port).toBe(80);
        acceptor(server);
        return () => {};
      },
    },
  } as unknown as Process;
  client.end(sends);
  const received = text(client).catch(() => "");
  let exitCode: number | undefined;
  void portForwardTester(process).then((exit) => {
    exitCode = exit;
  });
  for (let i = 0; i < 100 && exitCode === undefined; i++) {
    await new Promise(setImmediate);
    clock.advance(100);
  }
  expect([exitCode, output]).toEqual([code, expect.stringContaining(says)]);
  if (code === 0) expect(await received).toBe(gets);
});
