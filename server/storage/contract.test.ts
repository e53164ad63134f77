import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "./clock.ts";
import { storageContract } from "./contract.ts";
import { faultyJournal } from "./faulty-journal.ts";
import type { Journal } from "./journal.ts";
import { JournaledStorage } from "./journaled-storage.ts";
import { memoryJournal } from "./memory/memory-journal.ts";
import { type OpenStorageOptions, openStorage } from "./open.ts";
import { sqliteJournal } from "./sqlite/sqlite-journal.ts";

async function failing(journal: Journal, { clock = systemClock, onError = console.error }: OpenStorageOptions) {
  const faulty = faultyJournal(journal);
  const encodeExpired = ({ value }: { value: Uint8Array }) => value;
  const storage = await JournaledStorage.open(faulty, {
    clock,
    onError,
    encodeExpired,
    historySeconds: 0,
    recentChanges: 9,
  });
  return {
    storage,
    fail(isFailing: boolean) {
      if (isFailing) faulty.error = new Error("database or disk is full");
      else delete faulty.error;
    },
  };
}

storageContract("memory", {
  isDurable: false,
  site: async () => ({
    open: (options) => openStorage("memory:", options),
    openFailing: (options) => failing(memoryJournal(), options),
    remove: async () => undefined,
  }),
});

storageContract("sqlite", {
  isDurable: true,
  async site() {
    const directory = await mkdtemp(join(tmpdir(), "inkube-storage-"));
    const path = join(directory, "state.db");
    return {
      open: (options) => openStorage(`sqlite:${path}`, options),
      openFailing: (options) =>
        failing(sqliteJournal({ path, durability: "relaxed", quotaBytes: 0, onError: console.error }), options),
      remove: () => rm(directory, { recursive: true }),
    };
  },
});
