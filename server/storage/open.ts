import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import { JournaledStorage, type JournaledStorageOptions } from "./journaled-storage.ts";
import { memoryJournal } from "./memory/memory-journal.ts";
import { sqliteJournal } from "./sqlite/sqlite-journal.ts";
import type { Storage } from "./storage.ts";
import { type Transformer, transformedJournal } from "./transformer.ts";

export interface OpenStorageOptions extends Partial<Omit<JournaledStorageOptions, "clock">> {
  /** `full`: an acknowledged write survives power loss. `relaxed`: it survives the end of the process, for tests. */
  readonly durability: "full" | "relaxed";
  readonly clock?: Clock;
  /** Largest size of the data file, beyond which writes fail and reads go on; absent or 0 = as the disk allows. */
  readonly quotaBytes?: number;
  /** Encryption at rest. Of no effect in memory. */
  readonly transformer?: Transformer;
}

/**
 * Opens the backend that the URL names: `memory:` or `sqlite:PATH`. Left out: the machine's clock, 5 minutes of history
 * (as etcd under kube-apiserver keeps), 20,000 changes of it in memory, last bytes unchanged for what expires, errors to stderr.
 */
export async function openStorage(url: string, options: OpenStorageOptions): Promise<Storage> {
  const {
    clock = systemClock,
    historySeconds = 300,
    recentChanges = 20_000,
    encodeExpired = ({ value }) => value,
    onError = console.error,
  } = options;
  const [scheme] = url.split(":", 1);
  const path = url.slice(url.indexOf(":") + 1);
  const common = { clock, historySeconds, recentChanges, encodeExpired, onError };
  switch (scheme) {
    case "memory":
      return JournaledStorage.open(memoryJournal(), common);
    case "sqlite": {
      if (!path) throw new Error("sqlite: needs the path of a file");
      const { durability, quotaBytes = 0, transformer } = options;
      const journal = sqliteJournal({ path, durability, quotaBytes, onError });
      if (!transformer) return JournaledStorage.open(journal, common);
      const { checkWrite } = transformer;
      const transformed = transformedJournal(journal, transformer);
      return JournaledStorage.open(transformed, { ...common, checkWrite, isStale: transformed.isStale });
    }
    case "etcd":
      throw new Error("storage in etcd is not supported yet: use memory: or sqlite:PATH");
    default:
      throw new Error(`unknown storage ${JSON.stringify(url)}: use memory: or sqlite:PATH`);
  }
}
