import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Copies both ways, half by half: each side may go on sending when the other has ended. Resolves when both have. */
export async function join(a: Duplex, b: Duplex): Promise<void> {
  const copies = await Promise.allSettled([pipeline(a, b, { end: true }), pipeline(b, a, { end: true })]);
  // A side that breaks off is no error of the connection's owner; what is left open goes with it.
  if (copies.some(({ status }) => status === "rejected")) for (const side of [a, b]) side.destroy();
}
