import type { Kind } from "./kind.ts";

/** Told what the stores do with the database and with what is kept in memory of it: for metrics. */
export interface RegistryObserver {
  /** A write was tried. `failed`: the database refused it; a lost race is none. */
  wrote(kind: Kind, write: { operation: "create" | "update" | "delete"; seconds: number; failed: boolean }): void;
  /** A list was served. `fetched` objects were looked at, `returned` of them are in it. */
  listed(kind: Kind, list: { fetched: number; returned: number; index: string }): void;
}
