import { Command, CommanderError } from "commander";
import { version as packageVersion } from "./package-version.ts";

/** A command: its name and one line for the overview come at once, its code only when it is run. */
interface CommandEntry {
  readonly name: string;
  readonly description: string;
  load(): Promise<Command>;
}

/** Every command of `inkube`. One line here and one file make a new one. */
const commands: readonly CommandEntry[] = [
  { name: "up", description: "start a whole cluster", load: async () => (await import("./up.ts")).up },
  { name: "down", description: "stop a cluster started by `up`", load: async () => (await import("./down.ts")).down },
  {
    name: "status",
    description: "say whether a cluster is up",
    load: async () => (await import("./status.ts")).status,
  },
  { name: "server", description: "run the API server alone", load: async () => (await import("./server.ts")).server },
  {
    name: "controllers",
    description: "run the controllers against any API server",
    load: async () => (await import("./controllers.ts")).controllers,
  },
  {
    name: "scheduler",
    description: "run the scheduler against any API server",
    load: async () => (await import("./scheduler.ts")).scheduler,
  },
  {
    name: "node",
    description: "run node agents against any API server",
    load: async () => (await import("./node.ts")).node,
  },
  {
    name: "proxy",
    description: "run the proxy for Services against any API server",
    load: async () => (await import("./proxy.ts")).proxy,
  },
  {
    name: "dns",
    description: "answer the names of any cluster's Services and Pods",
    load: async () => (await import("./dns.ts")).dns,
  },
  {
    name: "metrics-server",
    description: "serve metrics.k8s.io to any API server",
    load: async () => (await import("./metrics-server.ts")).metricsServer,
  },
  {
    name: "images",
    description: "check a file of simulated images",
    load: async () => (await import("./images.ts")).images,
  },
  {
    name: "load",
    description: "give images of an archive to nodes that run real containers",
    load: async () => (await import("./load.ts")).load,
  },
  {
    name: "kubeconfig",
    description: "print or merge the administrator's kubeconfig",
    load: async () => (await import("./kubeconfig.ts")).kubeconfig,
  },
  {
    name: "kubectl",
    description: "run kubectl with the cluster's kubeconfig",
    load: async () => (await import("./exec.ts")).kubectl,
  },
  {
    name: "exec",
    description: "run any command with the cluster's kubeconfig only",
    load: async () => (await import("./exec.ts")).exec,
  },
  {
    name: "conformance",
    description: "run the conformance suite against any cluster",
    load: async () => (await import("./conformance.ts")).conformance,
  },
  { name: "version", description: "print versions", load: async () => (await import("./version.ts")).version },
];

/**
 * Parses and runs one command line. Exit codes: 0 success, 1 failure, 2 wrong usage; `exec` and `kubectl` pass on
 * their child's.
 */
export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command("inkube")
    .description("A Kubernetes control plane in one npm package")
    .version(packageVersion(), "-V, --version", "print inkube's own version")
    .enablePositionalOptions() // for exec and kubectl, whose later flags are not ours
    .exitOverride()
    .showSuggestionAfterError();
  const wanted = argv[2];
  for (const entry of commands) {
    if (entry.name === wanted || (wanted === "help" && entry.name === argv[3])) {
      const command = (await entry.load()).exitOverride();
      command
        .configureHelp({ showGlobalOptions: false })
        .showHelpAfterError(`(inkube ${entry.name} --help explains all flags)`);
      program.addCommand(command);
    } else {
      program.command(entry.name).description(entry.description);
    }
  }
  try {
    await program.parseAsync(argv as string[]);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed the text already; help and version are no errors.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      if (process.exitCode !== 0) process.exit(2);
      return;
    }
    process.stderr.write(`inkube: ${error instanceof Error ? error.message : String(error)}\n`);
    if (process.env.INKUBE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  }
}
