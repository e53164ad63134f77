/** What the parser makes of a script. Words stay as they were written: they are expanded when they are used. */
export type Command =
  | { readonly type: "simple"; readonly assignments: readonly string[]; readonly words: readonly string[] }
  | { readonly type: "list"; readonly items: readonly Item[] }
  | { readonly type: "subshell"; readonly body: Command }
  | { readonly type: "if"; readonly branches: readonly Branch[]; readonly otherwise?: Command }
  | { readonly type: "loop"; readonly until: boolean; readonly condition: Command; readonly body: Command }
  | { readonly type: "for"; readonly name: string; readonly words?: readonly string[]; readonly body: Command }
  | { readonly type: "case"; readonly word: string; readonly arms: readonly Arm[] }
  | { readonly type: "function"; readonly name: string; readonly body: Command }
  | { readonly type: "redirected"; readonly command: Command; readonly redirections: readonly Redirection[] };

export interface Branch {
  readonly condition: Command;
  readonly body: Command;
}

export interface Arm {
  readonly patterns: readonly string[];
  readonly body: Command;
}

/** Pipelines joined by `&&` and `||`. */
export interface Item {
  readonly first: Pipeline;
  readonly rest: readonly { readonly operator: "&&" | "||"; readonly pipeline: Pipeline }[];
  readonly background: boolean;
}

export interface Pipeline {
  readonly negated: boolean;
  readonly commands: readonly Command[];
}

export interface Redirection {
  /** File descriptor that is changed. */
  readonly from: number;
  readonly operator: "<" | ">" | ">>" | ">&" | "<&" | "<<" | ">|";
  /** A word; of a here-document its text. */
  readonly to: string;
  /** Of a here-document: nothing in it is expanded. */
  readonly literal?: boolean;
}

/** A script that no shell would run. */
export class ScriptError extends Error {}
