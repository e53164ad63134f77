import { spawn } from "node:child_process";
import type { Existing } from "./ruleset.ts";

/** The program nft(8), as far as it is used. */
export interface Nft {
  /** Runs commands as one transaction. @throws Error with what it said; nothing has changed then */
  run(commands: string): Promise<void>;
  /** What a table has. */
  existing(family: "ip" | "ip6", table: string): Promise<Existing>;
}

/** Output beyond this is cut: it names each wrong line of thousands. */
const LONGEST_MESSAGE = 2000;

/** nft(8) of this machine, in the network namespace of this process. */
export function createNft(): Nft {
  return {
    async run(commands) {
      await nft(["-f", "-"], commands);
    },
    async existing(family, table) {
      const chains: string[] = [];
      const sets = new Map<string, { timeoutSeconds: number | undefined }>();
      for (const what of ["chains", "sets"]) {
        const { nftables } = JSON.parse(await nft(["-j", "-t", "list", what, family])) as {
          nftables: readonly Listed[];
        };
        for (const { chain, set } of nftables) {
          if (chain?.table === table) chains.push(chain.name);
          if (set?.table === table) sets.set(set.name, { timeoutSeconds: set.timeout });
        }
      }
      return { chains, sets };
    },
  };
}

interface Listed {
  readonly chain?: { readonly table: string; readonly name: string };
  readonly set?: { readonly table: string; readonly name: string; readonly timeout?: number };
}

function nft(args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("nft", args, { stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (errors.length < LONGEST_MESSAGE) errors += text;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else
        reject(new Error(`nft ${args.join(" ")}: ${errors.slice(0, LONGEST_MESSAGE).trim() || `exit code ${code}`}`));
    });
    // It may end before it has read everything.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
