import type { NftSet, NftTable } from "./fragment.ts";
import type { Existing } from "./ruleset.ts";

/** All that a table should have. */
export interface TableState {
  readonly table: NftTable;
  /** Rules by the name of the chain, one a line. */
  readonly chains: ReadonlyMap<string, string>;
  readonly sets: ReadonlyMap<string, NftSet>;
  /** By set or map: keys and values. */
  readonly elements: readonly (readonly [string, readonly (readonly [string, string])[]])[];
}

/** The command that makes a set. */
export function setLine(table: string, { name, type, timeoutSeconds }: NftSet): string {
  const life = timeoutSeconds === undefined ? "" : ` flags dynamic, timeout; timeout ${timeoutSeconds}s;`;
  return `add set ${table} ${name} { type ${type};${life} }`;
}

/**
 * Commands that bring a table to a state whatever it was like, in one transaction; without a gap in which it is empty,
 * and without losing what packets put into its sets.
 *
 * @param gone chains that nothing leads to afterwards: emptied here, to be deleted later
 */
export function fullText({ table, chains, sets, elements }: TableState, existing: Existing, gone: readonly string[]) {
  const where = `${table.family} ${table.name}`;
  const hooked = table.baseChains.filter(({ hook }) => hook);
  const commands = [
    `add table ${where} { comment "${table.comment}"; }`,
    // Chains at hooks are made anew: they may be from a version that had them at others.
    ...hooked.flatMap(({ name }) => [`add chain ${where} ${name}`, `delete chain ${where} ${name}`]),
    ...table.baseChains.map(
      ({ name, hook }) => `add chain ${where} ${name}${hook ? ` { ${hook} policy accept; }` : ""}`,
    ),
    ...[...chains.keys()].map((name) => `add chain ${where} ${name}`),
    ...table.baseChains.filter(({ hook }) => !hook).map(({ name }) => `flush chain ${where} ${name}`),
    ...[...chains.keys(), ...gone].map((name) => `flush chain ${where} ${name}`),
  ];
  for (const { name, type } of table.maps) {
    commands.push(`add map ${where} ${name} { type ${type}; }`, `flush map ${where} ${name}`);
  }
  const wanted = new Map([...table.sets.map((set) => [set.name, set] as const), ...sets]);
  for (const [name, { timeoutSeconds }] of existing.sets) {
    const set = wanted.get(name);
    if (!set || set.timeoutSeconds !== timeoutSeconds) commands.push(`delete set ${where} ${name}`);
  }
  for (const set of wanted.values()) {
    commands.push(setLine(where, set));
    if (set.timeoutSeconds === undefined) commands.push(`flush set ${where} ${set.name}`);
  }
  for (const { name, rules } of table.baseChains) {
    for (const rule of rules) commands.push(`add rule ${where} ${name} ${rule}`);
  }
  for (const [name, rules] of chains) {
    for (const rule of rules.split("\n")) if (rule) commands.push(`add rule ${where} ${name} ${rule}`);
  }
  for (const [container, keys] of elements) {
    if (keys.length === 0) continue;
    const list = keys.map(([key, value]) => (value ? `${key} : ${value}` : key));
    commands.push(`add element ${where} ${container} { ${list.join(", ")} }`);
  }
  return `${commands.join("\n")}\n`;
}
