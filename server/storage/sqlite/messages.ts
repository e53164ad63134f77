/** What the API thread asks of the database's thread; each is answered by one Reply, in order, perhaps after Parts. */
export type Request =
  | { readonly do: "load" }
  | Commit
  | { readonly do: "history"; readonly prefix: string; readonly after: number; readonly upTo: number }
  | { readonly do: "compact"; readonly revision: number }
  | { readonly do: "stop" };

export interface Commit {
  readonly do: "commit";
  readonly records: ArrayBuffer;
}

export interface Reply {
  /** Of `load`. */
  readonly revision?: number;
  readonly compactedRevision?: number;
  /** Errors lose their code when cloned. */
  readonly error?: { readonly message: string; readonly code: string };
}

/** Some records of the answer: of `load` live keys in byte order, of `history` changes in order. */
export interface Part {
  readonly part: ArrayBuffer;
}

/** Something failed that nobody waits for, such as freeing space. */
export interface Report {
  readonly report: string;
}

/** Given to the worker at its start. */
export interface WorkerData {
  readonly path: string;
  readonly durability: "full" | "relaxed";
  /** Largest size of the database file; 0 = as the disk allows. */
  readonly quotaBytes: number;
}
