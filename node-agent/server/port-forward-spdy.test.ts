import { type Duplex, duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { forward } from "./port-forward-spdy.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A forwarded connection; what the client is told of errors, once something has happened to either side. */
async function told(happens: (data: Duplex, connection: Duplex) => void): Promise<string> {
  const [data] = duplexPair();
  const [connection] = duplexPair();
  const [error, errorReader] = duplexPair();
  const going = forward(Object.assign(data, { header: () => "80" }), error, {
    connect: async () => connection,
    describe: (port, why) => `error forwarding port ${port}: ${why}`,
  });
  data.on("error", () => {});
  await turn();
  happens(data, connection);
  await going;
  return text(errorReader);
}

test.each<[string, (data: Duplex, connection: Duplex) => void, string]>([
  ["a client that resets its stream is told nothing", (data) => data.destroy(), ""],
  [
    "a port that breaks off is told of",
    (_data, connection) => connection.destroy(new Error("connection reset")),
    "error forwarding port 80: connection reset",
  ],
])("%s", async (_what, happens, is) => {
  expect(await told(happens)).toBe(is);
});
