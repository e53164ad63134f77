import { badRequest, StatusError } from "../../meta/errors.ts";
import { requiredFieldValue } from "../../meta/fields.ts";
import { Turn } from "../../meta/in-turns.ts";
import type { Change, Page } from "../../storage/storage.ts";
import type { Kind } from "../kind.ts";
import type { ListRequest, ListResult, Selectable } from "../store.ts";
import { ContinueExpired, decodeContinue, encodeContinue } from "./continue-token.ts";
import type { StoreContext } from "./environment.ts";
import { atLeast, listRevision } from "./resource-version.ts";
import { matcher, type Selection, selectionOf } from "./selection.ts";
import { storedOf } from "./stored.ts";
import { allAsServed, asServed, dryRunObject } from "./write.ts";

/** Where and when a list reads. */
interface Position {
  /** 0 = newest. */
  readonly atRevision: number;
  readonly after: string | undefined;
  readonly limit: number;
}

/**
 * A page of objects. Without selectors nothing is parsed. @throws StatusError 400, 410, 504
 * (storage/cacher GetList, storage/etcd3 GetList)
 */
export async function list(store: StoreContext, request: ListRequest): Promise<ListResult> {
  const { kind } = store;
  const { computed } = kind.definition;
  if (computed) {
    const all = (await computed.list()).map((object) => dryRunObject(kind, object.metadata.name ?? "", object));
    const matches = matcher(request.labelSelector, request.fieldSelector) ?? (() => true);
    return { items: all.filter(matches), resourceVersion: "", continue: "", remainingItemCount: undefined };
  }
  const selection = selectionOf(kind, request);
  if (selection.key) return listOne(store, request, selection, selection.key);
  const position = await positionOf(store, request, selection.prefix);
  const { prefix, matches } = selection;
  const indexed =
    matches && !position.after && position.atRevision === 0
      ? candidates(store, request, { prefix, limit: position.limit })
      : undefined;
  const page = indexed ?? (await read(store, { ...position, limit: matches ? 0 : position.limit }, prefix, request));
  if (!matches) {
    const items = await allAsServed(
      kind,
      page.items.map((change) => storedOf(kind, change)),
    );
    const last = page.items.at(-1);
    const more = page.remaining > 0 && last !== undefined;
    store.observer?.listed(kind, { fetched: items.length, returned: items.length, index: "" });
    return {
      items,
      resourceVersion: String(page.revision),
      continue: more ? encodeContinue(last.key, prefix, page.revision) : "",
      remainingItemCount: more ? page.remaining : undefined,
    };
  }
  const { items, more } = await select(kind, page.items, matches, position.limit);
  const last = items.at(-1);
  const { length: fetched } = page.items;
  store.observer?.listed(kind, { fetched, returned: items.length, index: indexed?.index ?? "" });
  return {
    items,
    resourceVersion: String(page.revision),
    continue: more && last ? encodeContinue(last.key, prefix, page.revision) : "",
    // How many of the rest would be selected is not known.
    remainingItemCount: undefined,
  };
}

/** So many objects are looked at before the clock is. */
const LOOKS = 64;
/** How many objects a webhook converts at a time, at most, to find those that a limited list wants. */
const MOST_CONVERTED = 10_000;

/**
 * The first that match, in the version of the kind. Others have their turn meanwhile: fields of objects that nobody has at
 * hand must be read. Where a webhook converts, in steps: a small page asks for little.
 */
async function select(
  kind: Kind,
  changes: readonly Change[],
  matches: NonNullable<Selection["matches"]>,
  limit: number,
): Promise<{ items: readonly Selectable[]; more: boolean }> {
  const items: Selectable[] = [];
  const turn = new Turn();
  const converts = kind.customResource?.conversion !== undefined;
  let step = converts && limit ? limit : changes.length;
  for (let from = 0; from < changes.length; step = Math.min(2 * step, MOST_CONVERTED)) {
    const part = changes.slice(from, from + step);
    const served = converts
      ? await allAsServed(
          kind,
          part.map((change) => storedOf(kind, change)),
        )
      : undefined;
    for (let index = 0; index < part.length; index++) {
      const others = index % LOOKS === 0 ? turn.over() : undefined;
      if (others) await others;
      const stored = served?.[index] ?? storedOf(kind, part[index]!);
      if (matches(stored)) items.push(stored);
      if (limit && items.length === limit) return { items, more: from + index < changes.length - 1 };
    }
    from += part.length;
  }
  return { items, more: false };
}

/** Objects that an index leaves, sorted by key as everything is. */
interface Candidates extends Page {
  /** Which index, where upstream has it too. */
  readonly index: "f:spec.nodeName" | "";
}

function candidates(
  { kind, nodeIndex, labelIndex, storage }: StoreContext,
  { fieldSelector, labelSelector }: ListRequest,
  { prefix, limit }: { prefix: string; limit: number },
): Candidates | undefined {
  const isPods = kind.group === "" && kind.plural === "pods";
  const node = isPods ? requiredFieldValue(fieldSelector, "spec.nodeName") : undefined;
  const at = { revision: storage.revision, remaining: 0 };
  if (node) {
    const keys = nodeIndex.keys(kind, node).sort();
    const changes = keys.filter((key) => key.startsWith(prefix)).map((key) => storage.peek(key));
    return { items: changes.filter((change) => change !== undefined), ...at, index: "f:spec.nodeName" };
  }
  // A page says whether any object is left, selected or not.
  const items = limit ? undefined : labelIndex.changes(kind, labelSelector, prefix);
  return items && { items, ...at, index: "" };
}

async function listOne(
  store: StoreContext,
  request: ListRequest,
  selection: Selection,
  key: string,
): Promise<ListResult> {
  const { kind, storage } = store;
  const { resourceVersion, resourceVersionMatch } = request;
  const revision = listRevision(resourceVersion);
  await atLeast(store, revision, resourceVersion);
  const exact = resourceVersionMatch === "Exact";
  const change = await (exact ? expiredAs(LIST_EXPIRED, storage.get(key, revision)) : storage.get(key, 0));
  const stored = change && (await asServed(kind, storedOf(kind, change)));
  const items = stored && (selection.matches?.(stored) ?? true) ? [stored] : [];
  const at = exact ? revision : storage.revision;
  store.observer?.listed(kind, { fetched: stored ? 1 : 0, returned: items.length, index: "" });
  return { items, resourceVersion: String(at), continue: "", remainingItemCount: undefined };
}

async function positionOf(store: StoreContext, request: ListRequest, prefix: string): Promise<Position> {
  const { resourceVersion, resourceVersionMatch } = request;
  // "Any version" is served whole: upstream's cache knows no pages there.
  const limit = resourceVersion === "0" && !store.kind.definition.uncached ? 0 : request.limit;
  if (request.continue) {
    const { after, revision } = decodeContinue(request.continue, prefix);
    if (resourceVersion !== "" && resourceVersion !== "0") {
      throw badRequest("specifying resource version is not allowed when using continue");
    }
    await atLeast(store, revision);
    return { atRevision: Math.max(revision, 0), after, limit };
  }
  const revision = listRevision(resourceVersion);
  await atLeast(store, revision, resourceVersion);
  const isExact = resourceVersionMatch === "Exact" || (resourceVersionMatch === "" && limit > 0 && revision > 0);
  return { atRevision: isExact ? revision : 0, after: undefined, limit };
}

const LIST_EXPIRED = "The resourceVersion for the provided list is too old.";

async function read(
  { storage }: StoreContext,
  position: Position,
  prefix: string,
  request: ListRequest,
): Promise<Page> {
  const page = storage.list(prefix, position);
  if (!request.continue) return expiredAs(LIST_EXPIRED, page);
  try {
    return await page;
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 410) throw error;
    throw new ContinueExpired(encodeContinue(position.after ?? "", prefix, -1));
  }
}

/** The storage's 410 in the words of a list. */
async function expiredAs<T>(message: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 410) throw error;
    throw new StatusError(410, "Expired", message);
  }
}
