import { join } from "node:path";
import { type Running, spawnBuilt } from "../../cli/run-built.ts";
import { eventually } from "../eventually.ts";

/** A component in a process of its own, that can be killed and started again. */
export interface Victim {
  readonly name: string;
  /** kill -9. Resolves when the process is gone. */
  kill(): Promise<void>;
  start(): void;
  /** How its processes ended that nobody killed, and what they wrote. */
  readonly crashes: string[];
  /** The end of what its process wrote to stderr. */
  lastWords(): string;
}

export interface Components {
  readonly kubeconfig: string;
  readonly victims: readonly Victim[];
  stop(): Promise<void>;
}

/** A whole cluster as processes. @param copies of controllers and scheduler: two or more elect a leader */
export async function startComponents(dataDir: string, copies: number): Promise<Components> {
  const state = ["--data-dir", dataDir, "-o", "json"];
  const first = spawnBuilt(["server", ...state, "--port", "0"]);
  const { server, kubeconfig } = await eventually(() => JSON.parse(first.output()));
  const common = ["--kubeconfig", kubeconfig];
  const elect = copies > 1 ? ["--leader-elect"] : [];
  const authority = (file: string) => join(dataDir, "pki", file);
  const signing = [
    "--cluster-signing-cert-file",
    authority("ca.crt"),
    "--cluster-signing-key-file",
    authority("ca.key"),
  ];
  const ipam = ["--allocate-node-cidrs", "--cluster-cidr", "10.244.0.0/16"];
  const copy = (name: string, ...args: string[]) =>
    Array.from({ length: copies }, (_, n) => victim(`${name} ${n}`, [name, ...common, ...elect, ...args]));
  const victims = [
    victim("server", ["server", ...state, "--port", new URL(server).port], first),
    ...copy("controllers", ...signing, ...ipam),
    ...copy("scheduler"),
    ...["a", "b"].map((x) => victim(`nodes ${x}`, ["node", ...common, "--count", "2", "--name-prefix", `${x}-`])),
  ];
  for (const one of victims.slice(1)) one.start();
  return {
    kubeconfig,
    victims,
    async stop() {
      await Promise.all(victims.map((one) => one.kill()));
    },
  };
}

function victim(name: string, args: readonly string[], running?: Running): Victim {
  let current = running;
  const crashes: string[] = [];
  return {
    name,
    crashes,
    lastWords: () => `${name}: ${current?.errors().slice(-2000)}`,
    start() {
      const process = spawnBuilt(args);
      current = process;
      void process.exited.then((exit) => {
        if (exit === "SIGKILL") return;
        crashes.push(`${name} ended with ${exit}: ${process.errors()}`);
        // Whoever runs components starts again what gives up, as one that has lost the lead does.
        if (current === process) this.start();
      });
    },
    async kill() {
      const process = current;
      current = undefined;
      process?.child.kill("SIGKILL");
      await process?.exited;
    },
  };
}
