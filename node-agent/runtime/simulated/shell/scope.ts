import type { Process } from "../behaviour.ts";
import { Jobs } from "./jobs.ts";
import type { Command } from "./syntax.ts";

/** What a shell remembers between commands. A subshell begins with a copy of its parent's. */
export class Scope {
  readonly variables: Map<string, string>;
  readonly exported: Set<string>;
  readonly functions: Map<string, Command>;
  readonly traps = new Map<string, string>();
  readonly options: Set<string>;
  readonly jobs = new Jobs();
  arguments: readonly string[];
  cwd: string;
  status: number;

  constructor(process: Process, args: readonly string[], parent?: Scope) {
    this.arguments = args;
    this.cwd = parent?.cwd ?? process.cwd;
    this.variables = new Map(parent?.variables ?? Object.entries(process.env));
    this.exported = new Set(parent?.exported ?? Object.keys(process.env));
    this.functions = new Map(parent?.functions);
    this.options = new Set(parent?.options);
    this.status = parent?.status ?? 0;
  }

  /** Becomes what another shell has become. */
  takeOver(inner: Scope): void {
    replace(this.variables, inner.variables);
    replace(this.functions, inner.functions);
    replace(this.traps, inner.traps);
    for (const name of ["exported", "options"] as const) {
      this[name].clear();
      for (const value of inner[name]) this[name].add(value);
    }
    this.jobs.adopt(inner.jobs);
    this.arguments = inner.arguments;
    this.cwd = inner.cwd;
    this.status = inner.status;
  }

  get(name: string): string {
    return this.variables.get(name) ?? "";
  }

  set(name: string, value: string): void {
    this.variables.set(name, value);
  }

  positional(): readonly string[] {
    return this.arguments;
  }
}

function replace<T>(map: Map<string, T>, by: ReadonlyMap<string, T>): void {
  map.clear();
  for (const [key, value] of by) map.set(key, value);
}
