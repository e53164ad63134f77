import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Copies both ways, half by half: each side may go on sending when the other has ended. Resolves when both have. */
export async function join(a: Duplex, b: Duplex): Promise<void> {
  const copies = await Promise.allSettled([pipeline(a, b, { end: true }), pipeline(b, a, { end: true })]);
  // A side that breaks off is no error of the connection's owner; what is left open goes with it.
  if (copies.some(({ status }) => status === "rejected")) for (const side of [a, b]) side.destroy();
}

/**
 * The same for a client and a port of a Pod. A client that has gone is told nothing: kubectl takes any word for the end
 * of all its connections.
 * @throws Error when the port broke off by itself; some runtimes say only so that nobody listens
 */
export async function joinPort(client: Duplex, port: Duplex): Promise<void> {
  let broken: Error | undefined;
  port.once("error", (cause) => {
    if (!client.destroyed) broken = cause;
  });
  await join(client, port);
  if (broken) throw broken;
}
