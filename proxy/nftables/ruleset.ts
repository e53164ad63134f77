import type { Fragment, NftSet, NftTable } from "./fragment.ts";
import { fullText, setLine, type TableState } from "./full-text.ts";

/** What of a table the kernel has already. */
export interface Existing {
  readonly chains: readonly string[];
  /** Sets by name; those that packets fill with their time. */
  readonly sets: ReadonlyMap<string, { readonly timeoutSeconds: number | undefined }>;
}

/**
 * Kernels before 6.2 notice only after a while that a map no longer leads to a chain, and refuse to delete it until
 * then. In ms. (pkg/proxy/nftables staleChains)
 */
const STALE_MS = 1000;

/** Chains and sets of fragments have a slash in their names, those of the table do not. */
const isFragments = (name: string) => name.includes("/");

/**
 * All that a table should have, as the sum of fragments, and the commands that make it so: all of it, or what has
 * changed since the last ones. It runs nothing itself.
 */
export class Ruleset {
  #table: NftTable;
  readonly #fragments = new Map<string, Fragment>();
  readonly #chains = new Map<string, string>();
  readonly #sets = new Map<string, NftSet>();
  /** By container, key and owner. The first owner's value holds. */
  readonly #elements = new Map<string, Map<string, Map<string, string>>>();
  /** What the kernel has of whatever has changed. */
  readonly #before = { chains: new Map<string, string | undefined>(), sets: new Map<string, NftSet | undefined>() };
  readonly #elementsBefore = new Map<string, Map<string, string | undefined>>();
  /** Emptied chains that nothing leads to any more, and since when in ms. */
  readonly #stale = new Map<string, number>();

  constructor(table: NftTable) {
    this.#table = table;
  }

  /** Another table around the same fragments. It takes a full transaction to make it so. */
  set table(table: NftTable) {
    this.#table = table;
  }

  get size(): number {
    return this.#fragments.size;
  }

  /** Puts a fragment in place of what its owner had; undefined takes it away. */
  replace(owner: string, fragment: Fragment | undefined): void {
    const old = this.#fragments.get(owner);
    for (const { name } of old?.chains ?? []) this.#note("chains", name, () => this.#chains.delete(name));
    for (const { name } of old?.sets ?? []) this.#note("sets", name, () => this.#sets.delete(name));
    for (const { container, key } of old?.elements ?? []) {
      this.#noteElement(container, key);
      const owners = this.#elements.get(container)?.get(key);
      owners?.delete(owner);
      if (owners?.size === 0) this.#elements.get(container)?.delete(key);
    }
    if (!fragment) {
      this.#fragments.delete(owner);
      return;
    }
    this.#fragments.set(owner, fragment);
    for (const { name, rules } of fragment.chains) {
      this.#note("chains", name, () => this.#chains.set(name, rules.join("\n")));
    }
    for (const set of fragment.sets) this.#note("sets", set.name, () => this.#sets.set(set.name, set));
    for (const { container, key, value = "" } of fragment.elements) {
      this.#noteElement(container, key);
      const keys = this.#elements.get(container) ?? new Map<string, Map<string, string>>();
      this.#elements.set(container, keys);
      const owners = keys.get(key) ?? new Map<string, string>();
      keys.set(key, owners);
      owners.set(owner, value);
    }
  }

  /** Owners of fragments. */
  owners(): IterableIterator<string> {
    return this.#fragments.keys();
  }

  /** Forgets what the kernel had: the last transaction has been run. */
  applied(): void {
    this.#before.chains.clear();
    this.#before.sets.clear();
    this.#elementsBefore.clear();
  }

  /** Commands for all there is. Elements that packets put into sets stay. @param now in ms */
  full(existing: Existing, now: number): string {
    const state: TableState = {
      table: this.#table,
      chains: this.#chains,
      sets: this.#sets,
      elements: [...this.#elements].map(([container, keys]) => [
        container,
        [...keys].map(([key, owners]) => [key, firstOf(owners) ?? ""] as const),
      ]),
    };
    const own = new Set(this.#table.baseChains.map(({ name }) => name));
    const gone = existing.chains.filter((name) => !own.has(name) && !this.#chains.has(name));
    this.#stale.clear();
    for (const name of gone) this.#stale.set(name, now);
    return fullText(state, existing, gone);
  }

  /** Commands for what has changed; undefined when nothing has. @param now in ms */
  changes(now: number): string | undefined {
    const table = `${this.#table.family} ${this.#table.name}`;
    const early: string[] = [];
    const late: string[] = [];
    const elements: string[] = [];
    for (const [name, before] of this.#before.chains) {
      const rules = this.#chains.get(name);
      if (rules === before) continue;
      if (rules === undefined) {
        early.push(`flush chain ${table} ${name}`);
        this.#stale.set(name, now);
        continue;
      }
      this.#stale.delete(name);
      early.push(`add chain ${table} ${name}`, `flush chain ${table} ${name}`);
      for (const rule of rules.split("\n")) if (rule) late.push(`add rule ${table} ${name} ${rule}`);
    }
    const sets: string[] = [];
    for (const [name, before] of this.#before.sets) {
      const set = this.#sets.get(name);
      if (before && !set) sets.push(`delete set ${table} ${name}`);
      if (!before && set) sets.push(setLine(table, set));
    }
    const removed: string[] = [];
    for (const [container, keys] of this.#elementsBefore) {
      const goes: string[] = [];
      const comes: string[] = [];
      for (const [key, before] of keys) {
        const owners = this.#elements.get(container)?.get(key);
        const value = owners && firstOf(owners);
        if (value === before) continue;
        if (before !== undefined) goes.push(key);
        if (value !== undefined) comes.push(value ? `${key} : ${value}` : key);
      }
      const isGone = isFragments(container) && !this.#sets.has(container);
      if (goes.length > 0 && !isGone) removed.push(`delete element ${table} ${container} { ${goes.join(", ")} }`);
      if (comes.length > 0) elements.push(`add element ${table} ${container} { ${comes.join(", ")} }`);
    }
    const commands = [...early, ...removed, ...sets, ...late, ...elements];
    return commands.length > 0 ? `${commands.join("\n")}\n` : undefined;
  }

  /** Commands that delete chains which have been empty for long enough; undefined when there are none. */
  cleanUp(now: number): string | undefined {
    const table = `${this.#table.family} ${this.#table.name}`;
    const old = [...this.#stale].filter(([, since]) => now - since >= STALE_MS).map(([name]) => name);
    for (const name of old) this.#stale.delete(name);
    return old.length > 0 ? `${old.map((name) => `delete chain ${table} ${name}`).join("\n")}\n` : undefined;
  }

  /** In how many ms there will be chains to delete; undefined when there are none. */
  cleanUpIn(now: number): number | undefined {
    const since = Math.min(...this.#stale.values());
    return Number.isFinite(since) ? Math.max(0, since + STALE_MS - now) : undefined;
  }

  #note(what: "chains" | "sets", name: string, change: () => void): void {
    if (what === "chains" && !this.#before.chains.has(name)) this.#before.chains.set(name, this.#chains.get(name));
    if (what === "sets" && !this.#before.sets.has(name)) this.#before.sets.set(name, this.#sets.get(name));
    change();
  }

  #noteElement(container: string, key: string): void {
    const keys = this.#elementsBefore.get(container) ?? new Map<string, string | undefined>();
    this.#elementsBefore.set(container, keys);
    if (keys.has(key)) return;
    const owners = this.#elements.get(container)?.get(key);
    keys.set(key, owners && firstOf(owners));
  }
}

const firstOf = (owners: ReadonlyMap<string, string>): string | undefined => owners.values().next().value;
