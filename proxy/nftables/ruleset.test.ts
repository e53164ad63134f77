import { expect, test } from "vitest";
import type { Fragment, NftTable } from "./fragment.ts";
import { Ruleset } from "./ruleset.ts";

const TABLE: NftTable = {
  family: "ip",
  name: "t",
  comment: "a table",
  sets: [{ name: "ips", type: "ipv4_addr" }],
  maps: [{ name: "ports", type: "inet_service : verdict" }],
  baseChains: [
    { name: "dispatch", rules: ["tcp dport vmap @ports"] },
    { name: "input", hook: "type filter hook input priority 0;", rules: ["jump dispatch"] },
  ],
};
const NOTHING = { chains: [], sets: new Map() };

const fragment = (
  name: string,
  ports: readonly number[],
  rules: readonly string[],
  ips: readonly string[] = [],
): Fragment => ({
  chains: [{ name: `chain/${name}`, rules }],
  sets: [],
  elements: [
    ...ports.map((port) => ({ container: "ports", key: String(port), value: `goto chain/${name}` })),
    ...ips.map((key) => ({ container: "ips", key })),
  ],
});

function applied(...fragments: readonly (readonly [string, Fragment])[]): Ruleset {
  const ruleset = new Ruleset(TABLE);
  for (const [owner, each] of fragments) ruleset.replace(owner, each);
  ruleset.full(NOTHING, 0);
  ruleset.applied();
  return ruleset;
}

test("all of a table is one text, in an order in which everything is there before it is named", () => {
  const ruleset = new Ruleset(TABLE);
  ruleset.replace("a", fragment("a", [80], ["accept"], ["10.0.0.1"]));
  expect(ruleset.full(NOTHING, 0).trim().split("\n")).toEqual([
    'add table ip t { comment "a table"; }',
    "add chain ip t input",
    "delete chain ip t input",
    "add chain ip t dispatch",
    "add chain ip t input { type filter hook input priority 0; policy accept; }",
    "add chain ip t chain/a",
    "flush chain ip t dispatch",
    "flush chain ip t chain/a",
    "add map ip t ports { type inet_service : verdict; }",
    "flush map ip t ports",
    "add set ip t ips { type ipv4_addr; }",
    "flush set ip t ips",
    "add rule ip t dispatch tcp dport vmap @ports",
    "add rule ip t input jump dispatch",
    "add rule ip t chain/a accept",
    "add element ip t ports { 80 : goto chain/a }",
    "add element ip t ips { 10.0.0.1 }",
  ]);
});

test("what an earlier run left goes, but not what packets have put into sets", () => {
  const ruleset = new Ruleset(TABLE);
  const set = { name: "affinity-x/1", type: "ipv4_addr", timeoutSeconds: 9 };
  ruleset.replace("a", { chains: [], sets: [set], elements: [] });
  const existing = {
    chains: ["dispatch", "input", "chain/old"],
    sets: new Map([
      ["affinity-x/1", { timeoutSeconds: 9 }],
      ["affinity-y/1", { timeoutSeconds: 9 }],
    ]),
  };
  const lines = ruleset.full(existing, 5000).trim().split("\n");
  expect(lines.filter((line) => /old|affinity/.test(line))).toEqual([
    "flush chain ip t chain/old",
    "delete set ip t affinity-y/1",
    "add set ip t affinity-x/1 { type ipv4_addr; flags dynamic, timeout; timeout 9s; }",
  ]);
  expect(ruleset.cleanUpIn(5000)).toBe(1000);
  expect(ruleset.cleanUp(5999)).toBeUndefined();
  expect(ruleset.cleanUp(6000)).toBe("delete chain ip t chain/old\n");
});

test.each([
  { what: "nothing when nothing has changed", next: fragment("a", [80], ["accept"]), lines: undefined },
  {
    what: "only a chain whose rules are others",
    next: fragment("a", [80], ["drop"]),
    lines: ["add chain ip t chain/a", "flush chain ip t chain/a", "add rule ip t chain/a drop"],
  },
  {
    what: "only elements that come and go",
    next: fragment("a", [81], ["accept"]),
    lines: ["delete element ip t ports { 80 }", "add element ip t ports { 81 : goto chain/a }"],
  },
  {
    what: "a chain emptied when it is gone",
    next: undefined,
    lines: ["flush chain ip t chain/a", "delete element ip t ports { 80 }"],
  },
])("changes are $what", ({ next, lines }) => {
  const ruleset = applied(["a", fragment("a", [80], ["accept"])], ["b", fragment("b", [90], ["accept"])]);
  ruleset.replace("a", next);
  expect(ruleset.changes(0)?.trim().split("\n")).toEqual(lines);
});

test("an element that two want stays until both are gone; the first one's value holds", () => {
  const ruleset = applied(["a", fragment("a", [80], ["accept"])], ["b", fragment("b", [80], ["accept"])]);
  ruleset.replace("b", undefined);
  expect(ruleset.changes(0)).toBe("flush chain ip t chain/b\n");
  ruleset.applied();
  ruleset.replace("b", fragment("b", [80], ["accept"]));
  ruleset.changes(0);
  ruleset.applied();
  ruleset.replace("a", undefined);
  expect(ruleset.changes(0)?.trim().split("\n")).toEqual([
    "flush chain ip t chain/a",
    "delete element ip t ports { 80 }",
    "add element ip t ports { 80 : goto chain/b }",
  ]);
});

test("a chain that comes back before it was deleted stays", () => {
  const ruleset = applied(["a", fragment("a", [80], ["accept"])]);
  ruleset.replace("a", undefined);
  ruleset.changes(0);
  ruleset.applied();
  ruleset.replace("a", fragment("a", [80], ["accept"]));
  ruleset.changes(500);
  ruleset.applied();
  expect(ruleset.cleanUp(5000)).toBeUndefined();
});

test("sets of a fragment come and go with it, and their elements with them", () => {
  const ruleset = applied();
  const peers: Fragment = {
    chains: [{ name: "policy/a", rules: ["ip saddr @peers/a accept"] }],
    sets: [{ name: "peers/a", type: "ipv4_addr" }],
    elements: [{ container: "peers/a", key: "10.0.0.1" }],
  };
  ruleset.replace("a", peers);
  expect(ruleset.changes(0)?.trim().split("\n")).toEqual([
    "add chain ip t policy/a",
    "flush chain ip t policy/a",
    "add set ip t peers/a { type ipv4_addr; }",
    "add rule ip t policy/a ip saddr @peers/a accept",
    "add element ip t peers/a { 10.0.0.1 }",
  ]);
  ruleset.applied();
  ruleset.replace("a", undefined);
  expect(ruleset.changes(0)?.trim().split("\n")).toEqual(["flush chain ip t policy/a", "delete set ip t peers/a"]);
});
