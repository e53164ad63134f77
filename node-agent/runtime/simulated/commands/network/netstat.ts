import type { Program } from "../../behaviour.ts";
import { flagsOf } from "../command.ts";

const SERVERS = "servers";
const ESTABLISHED = "w/o servers";

/** netstat of busybox: who listens in the Pod's network. Connections are not told of: they last no longer than a turn. */
export const netstat: Program = async ({ args, network, stdout }) => {
  const { flags } = flagsOf(args);
  const isAll = flags.has("a");
  const isListening = flags.has("l");
  const kinds = [...flags.keys()].filter((flag) => ["t", "u", "w", "x"].includes(flag));
  const shows = (kind: string) => kinds.length === 0 || kinds.includes(kind);
  const which = isListening ? "only servers" : isAll ? `${SERVERS} and established` : ESTABLISHED;
  if (shows("t") || shows("u")) {
    stdout.write(`Active Internet connections (${which})\n`);
    stdout.write("Proto Recv-Q Send-Q Local Address           Foreign Address         State       \n");
    const { tcp, udp } = isAll || isListening ? network.listeners() : { tcp: [], udp: [] };
    const line = (protocol: string, port: number, state: string) =>
      stdout.write(`${protocol}        0      0 ${`:::${port}`.padEnd(23)} ${":::*".padEnd(23)} ${state.padEnd(12)}\n`);
    if (shows("t")) for (const port of tcp) line("tcp", port, "LISTEN");
    if (shows("u")) for (const port of udp) line("udp", port, "");
  }
  if (shows("x")) {
    stdout.write(`Active UNIX domain sockets (${which})\n`);
    stdout.write("Proto RefCnt Flags       Type       State         I-Node Path\n");
  }
  return 0;
};
