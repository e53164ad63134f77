import { badRequest, StatusError } from "../../meta/errors.ts";
import { goQuote } from "../../meta/go-quote.ts";
import type { Storage } from "../../storage/storage.ts";
import type { StoreContext } from "./environment.ts";

/** How long a read waits for a revision that is not there yet, and what the client is told to do then. */
const WAIT_MILLISECONDS = 3000;
const RETRY_SECONDS = 1;

const MAX_UINT64 = 2n ** 64n - 1n;

/** @returns 0 for "" and "0"; undefined when it is no uint64. Beyond 2^53, where no revision is, it is only near. */
function parse(text: string): number | undefined {
  if (text === "" || text === "0") return 0;
  return /^\d+$/.test(text) && BigInt(text) <= MAX_UINT64 ? Number(text) : undefined;
}

/** What strconv says of a text that is no revision. */
function parseError(text: string): string {
  const why = /^\d+$/.test(text) ? "value out of range" : "invalid syntax";
  return `strconv.ParseUint: parsing ${goQuote(text)}: ${why}`;
}

function fieldError(text: string): string {
  return `resourceVersion: Invalid value: ${goQuote(text)}: ${parseError(text)}`;
}

/** Of a list. @throws StatusError 400. (storage/api_object_versioner.go) */
export function listRevision(text: string): number {
  const revision = parse(text);
  if (revision === undefined) throw badRequest(`invalid resource version: ${fieldError(text)}`);
  return revision;
}

/** Of a get or watch, where upstream lets a plain error through. @throws StatusError 500 without reason */
export function readRevision(text: string): number {
  const revision = parse(text);
  if (revision === undefined) throw new StatusError(500, "", fieldError(text));
  return revision;
}

/** Of an object that is written. @throws StatusError 500 without reason */
export function objectRevision(text: string): number {
  const revision = parse(text);
  if (revision === undefined) throw new StatusError(500, "", parseError(text));
  return revision;
}

/**
 * Waits until the revision is there. @param text as the client wrote it
 * @throws StatusError 504 when it does not come. (cacher/watch_cache.go)
 */
export async function waitUntilFresh(
  { storage, clock }: StoreContext,
  revision: number,
  text = String(revision),
): Promise<void> {
  if (revision <= storage.revision) return;
  await new Promise<void>((resolve, reject) => {
    let unwatch: (() => void) | undefined;
    const cancel = clock.after(WAIT_MILLISECONDS, () => {
      unwatch?.();
      reject(tooLarge(storage, text));
    });
    unwatch = storage.watch("/", 0, {
      send: () => true,
      end: (error) => {
        cancel();
        reject(error ?? tooLarge(storage, text));
      },
      progress(current) {
        if (current < revision) return;
        cancel();
        unwatch?.();
        resolve();
      },
    });
  });
}

/**
 * Sees to it that a get or list is of this revision or a later one. @param text as the client wrote it
 * @throws StatusError 504. (storage/etcd3/store.go validateMinimumResourceVersion)
 */
export async function atLeast(store: StoreContext, revision: number, text?: string): Promise<void> {
  const { kind, storage } = store;
  if (!kind.definition.uncached) return waitUntilFresh(store, revision, text);
  if (revision > storage.revision) throw tooLarge(storage, text ?? String(revision), 0);
}

/** @param retryAfterSeconds 0: not told. (storage/errors.go NewTooLargeResourceVersionError) */
function tooLarge(storage: Storage, revision: string, retryAfterSeconds = RETRY_SECONDS): StatusError {
  const message = `Timeout: Too large resource version: ${revision}, current: ${storage.revision}`;
  return new StatusError(504, "Timeout", message, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    ...(retryAfterSeconds && { retryAfterSeconds }),
  });
}
