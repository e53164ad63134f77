import { Command } from "commander";
import { flags } from "./flags.ts";
import { version as packageVersion } from "./package-version.ts";

/** The upstream release whose behaviour this build follows. */
const KUBERNETES = "v1.36.2";

export const version = new Command("version")
  .description("print the versions of inkube, of the Kubernetes API it serves and of Node")
  .addOption(flags.output())
  .action(({ output }: { output: string }) => {
    const versions = { inkube: packageVersion(), kubernetes: KUBERNETES, node: process.version };
    if (output === "json") console.log(JSON.stringify(versions));
    else for (const [name, value] of Object.entries(versions)) console.log(`${name} ${value}`);
  });
