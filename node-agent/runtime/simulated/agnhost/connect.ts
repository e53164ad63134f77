import type { Program } from "../behaviour.ts";
import { lookUp } from "../commands/network/resolver.ts";
import { TimedOut, within } from "../commands/network/transfer.ts";
import { NetworkError } from "../network/network-error.ts";
import { durationMs } from "./logs-generator.ts";
import { longFlags } from "./long-flags.ts";

/** Tries whether a port answers, and says in one word why not. */
export const connect: Program = async (process) => {
  const flags = longFlags(process.args);
  const { network, stderr } = process;
  const target = process.args.slice(1).find((arg) => !arg.startsWith("-") && /:\d+$/.test(arg));
  const [, host = "", port = ""] = /^\[?([^\]]*)\]?:(\d+)$/.exec(target ?? "") ?? [];
  const fail = (text: string) => {
    stderr.write(`${text}\n`);
    return 1;
  };
  if (!target) return fail("UNKNOWN: address: missing port in address");
  const [address] = await lookUp(process, host).catch(() => []);
  if (address === undefined) return fail(`DNS: lookup ${host}: no such host`);
  const timeout = durationMs(flags.get("timeout") ?? "0") || undefined;
  const to = { address, port: Number(port) };
  const isUdp = flags.get("protocol") === "udp";
  try {
    await within(process, timeout, async () => {
      if (!isUdp) return void (await network.dial(to)).destroy();
      await new Promise<void>((resolve, reject) => {
        const data = Buffer.from(`${flags.get("udp-data") ?? "hostname"}\n`);
        network
          .socket(() => resolve())
          .send(to, data)
          .catch(reject);
      });
    });
    return 0;
  } catch (error) {
    if (error instanceof TimedOut) return fail("TIMEOUT");
    if (!(error instanceof NetworkError)) throw error;
    if (error.code === "ETIMEDOUT") return fail("TIMEOUT");
    return fail(error.code === "ECONNREFUSED" ? "REFUSED" : `OTHER: ${error.message}`);
  }
};
