import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Family, nftFamily } from "../address.ts";
import { type Flow, parseFlows } from "./stale-flows.ts";

const run = promisify(execFile);
const MOST_BYTES = 64 * 1024 * 1024;

/** Connections that the kernel tracks in this network namespace. */
export interface Conntrack {
  listUdp(family: Family): Promise<Flow[]>;
  /** @returns number of entries deleted */
  delete(family: Family, flows: readonly Flow[]): Promise<number>;
}

const familyFlag = (family: Family) => (nftFamily(family) === "ip" ? "ipv4" : "ipv6");

/** conntrack(8), of the package of the same name. @throws Error with code ENOENT where it is not installed */
export const conntrackProgram: Conntrack = {
  async listUdp(family) {
    const { stdout } = await run("conntrack", ["-L", "-p", "udp", "-f", familyFlag(family)], { maxBuffer: MOST_BYTES });
    return parseFlows(stdout);
  },
  async delete(family, flows) {
    // One command deletes all clients' connections of a kind.
    const kinds = new Map(flows.map((flow) => [JSON.stringify(flow), flow]));
    let deleted = 0;
    for (const { destination, port, answeredBy, answerPort } of kinds.values()) {
      const to = ["--orig-dst", destination, "--orig-port-dst", String(port)];
      const answer = ["--reply-src", answeredBy, "--reply-port-src", String(answerPort)];
      try {
        const { stderr } = await run("conntrack", ["-D", "-f", familyFlag(family), "-p", "udp", ...to, ...answer]);
        deleted += Number(/(\d+) flow entries have been deleted/.exec(stderr)?.[1] ?? 0);
      } catch (error) {
        // It has ended by itself meanwhile.
        if (!/\b0 flow entries/.test((error as { stderr?: string }).stderr ?? "")) throw error; // execFile's errors have it
      }
    }
    return deleted;
  },
};
