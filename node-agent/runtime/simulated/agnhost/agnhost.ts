import type { Process, Program } from "../behaviour.ts";
import { connect } from "./connect.ts";
import { crdConversionWebhook } from "./crd-conversion.ts";
import { guestbook } from "./guestbook.ts";
import { logsGenerator } from "./logs-generator.ts";
import { mounttest } from "./mounttest.ts";
import { netexec } from "./netexec.ts";
import { nettest } from "./nettest.ts";
import { pause } from "./pause.ts";
import { portForwardTester } from "./port-forward-tester.ts";
import { grpcHealthChecking, liveness, porter, serveHostname, testWebserver } from "./simple-servers.ts";
import { tokenCheck } from "./token-check.ts";
import { webhook } from "./webhook.ts";

/** The test image of Kubernetes itself: one program with many commands. (test/images/agnhost) */
export const agnhost: Program = async (process) => {
  const [program = "", name = "pause"] = process.args;
  const command = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (command) return command({ ...process, args: process.args.slice(1) }, program);
  process.stderr.write(`Error: unknown command "${name}" for "app"\nRun 'app --help' for usage.\n`);
  return 1;
};

const subcommands: Readonly<Record<string, (process: Process, program: string) => Promise<number>>> = {
  pause,
  mounttest,
  "logs-generator": logsGenerator,
  netexec,
  nettest,
  porter,
  "port-forward-tester": portForwardTester,
  liveness,
  "serve-hostname": serveHostname,
  "test-webserver": testWebserver,
  "grpc-health-checking": grpcHealthChecking,
  "test-service-account-issuer-discovery": tokenCheck,
  "crd-conversion-webhook": crdConversionWebhook,
  connect,
  guestbook,
  webhook,
  // Go's %v of os.Args, whose first is the program.
  async "entrypoint-tester"({ args, stdout }, program) {
    stdout.write(`[${[program, ...args].join(" ")}]\n`);
    return 0;
  },
  async "etc-hosts"(process) {
    process.stdout.write(`${await process.files.read("/etc/hosts")}\n`);
    return 0;
  },
  async "dns-suffix"(process) {
    process.stdout.write(`${(await resolver(process, "search")).join(",")}\n`);
    return 0;
  },
  async "dns-server-list"(process) {
    process.stdout.write(`${(await resolver(process, "nameserver")).join(",")}\n`);
    return 0;
  },
};

async function resolver({ files }: Process, keyword: string): Promise<string[]> {
  const lines = (await files.read("/etc/resolv.conf")).toString("utf8").split("\n");
  return lines.flatMap((line) => {
    const [first, ...rest] = line.split(/\s+/);
    return first === keyword ? rest : [];
  });
}
