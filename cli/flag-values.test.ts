import { Command, Option } from "commander";
import { expect, test } from "vitest";
import { flagValues } from "./flag-values.ts";

const seconds = (text: string) => Number(text);

test.each([
  [[], { modes: "[Node,RBAC]", wait: "1m0s", file: "", range: "30-40", claims: "", quiet: "false" }],
  [
    ["--modes", "A", "--wait", "0.5", "--file", "x", "--quiet"],
    { modes: "A", wait: "500ms", file: "x", quiet: "true" },
  ],
  [["--wait", "5400"], { wait: "1h30m0s" }],
  [["--wait", "0"], { wait: "0s" }],
  [["--claims", "a=b"], { claims: "a=b" }],
])("flags %j read as Go prints them", (args, values) => {
  const command = new Command("server")
    .option("--modes <list>", "", ["Node", "RBAC"] as never)
    .addOption(new Option("--wait <seconds>").argParser(seconds).default(60))
    .option("--file <file>")
    .addOption(new Option("--range <range>").default({ first: 30, last: 40 }))
    .addOption(new Option("--claims <claims>").argParser((text) => Object.fromEntries([text.split("=")])).default({}))
    .option("--quiet", "", false);
  command.parse(["node", "server", ...args]);
  expect(flagValues(command, new Map([[seconds, 1000]]))).toMatchObject(values);
});
