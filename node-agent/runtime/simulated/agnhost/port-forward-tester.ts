import { once } from "node:events";
import { sleep } from "../../../../client/index.ts";
import type { Process, Program } from "../behaviour.ts";
import type { Connection } from "../network/connection.ts";

/** How long a client is given to see the end before the connection goes. (rstAvoidanceDelay) */
const LINGER_MS = 500;

/**
 * Takes one connection, reads what its environment expects of the client, sends chunks and ends. How it ends says what
 * went wrong. (test/images/agnhost/port-forward-tester)
 */
export const portForwardTester: Program = async (process) => {
  const { env, network, signal, stdout } = process;
  const port = Number(env.BIND_PORT);
  const say = (text: string) => stdout.write(`${text}\n`);
  let close = () => {};
  const connection = await new Promise<Connection | undefined>((resolve) => {
    close = network.listen(port, resolve);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  try {
    if (!connection) return 2;
    connection.on("error", () => {});
    say("Accepted client connection");
    return await converse(connection, process, say);
  } finally {
    close();
    connection?.destroy();
  }
};

/** @returns the exit code */
async function converse(connection: Connection, { env, clock }: Process, say: (text: string) => void): Promise<number> {
  const expected = env.EXPECTED_CLIENT_DATA ?? "";
  if (expected) {
    const got = await firstBytes(connection, expected.length);
    if (got.length !== expected.length) {
      say(`Expected to read ${expected.length} bytes from client, but got ${got.length} instead. err=EOF`);
      return 2;
    }
    if (got !== expected) {
      say(`Expect to read ${JSON.stringify(expected)}, but got ${JSON.stringify(got)}. err=<nil>`);
      return 3;
    }
    say("Received expected client data");
  }
  connection.resume();
  const numbers = ["CHUNKS", "CHUNK_SIZE", "CHUNK_INTERVAL"].map((name) => [
    name,
    Number.parseInt(env[name] ?? "", 10),
  ]);
  for (const [name, value] of numbers) {
    if (!Number.isNaN(value)) continue;
    const text = JSON.stringify(env[name as string] ?? "");
    say(`Error parsing ${name} ${text}: strconv.Atoi: parsing ${text}: invalid syntax`);
    return 1;
  }
  const [chunks = 0, size = 0, interval = 0] = numbers.map(([, value]) => Number(value));
  for (let i = 0; i < chunks; i++) {
    if (i > 0) await sleep(clock, interval);
    if (connection.destroyed) {
      say(`Expected to write ${size} bytes from client, but wrote 0 instead. err=write: broken pipe`);
      return 4;
    }
    if (!connection.write("x".repeat(size))) await Promise.race([once(connection, "drain"), once(connection, "close")]);
  }
  say("Shutting down connection");
  connection.end();
  await sleep(clock, LINGER_MS);
  say("Done");
  return 0;
}

/** What comes first, but not more than so many bytes; less when that is all. */
async function firstBytes(connection: Connection, count: number): Promise<string> {
  let text = "";
  const done = Promise.race([once(connection, "end"), once(connection, "close")]).then(() => undefined);
  while (text.length < count) {
    const chunk = connection.read() as Buffer | null;
    if (chunk) text += chunk.toString("utf8");
    else {
      const next = await Promise.race([once(connection, "readable").then(() => true), done]);
      if (!next) break;
    }
  }
  return text.slice(0, count);
}
