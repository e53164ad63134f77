import { queryBool, type RequestInfo } from "../request-info.ts";
import type { WatchCount } from "./watch-count.ts";
import { ONE_SEAT, seats, type Work } from "./work.ts";

const MAX_LIST_SEATS = 100;
const MAX_MUTATING_SEATS = 10;
const BYTES_PER_SEAT = 100_000;
/** Lists from memory are sent piece by piece: no more of them is held at once. */
const MAX_BYTES_FROM_CACHE = 1_000_000;
const MAX_OBJECT_BYTES = 1_500_000;
const WATCHES_PER_SEAT = 10;
/** What telling the watchers of one seat takes. */
const EVENT_MILLISECONDS = 5;

/** What is known of the objects of a resource. */
export interface ResourceStats {
  readonly count: number;
  /** On average; 0 = not known. */
  readonly objectBytes: number;
}

export interface Estimator {
  readonly watches: WatchCount;
  /** @returns undefined for resources that are not known, or not yet */
  stats(info: RequestInfo): ResourceStats | undefined;
  /** Told how many watchers are interested in each write that is estimated. */
  onWatchCount(count: number): void;
}

/**
 * What a request is expected to need. (apiserver/pkg/util/flowcontrol/request/{list,mutating}_work_estimator.go)
 * @param maxSeats of one request in its priority level, 0 = not limited
 */
export function estimate(info: RequestInfo, query: URLSearchParams, maxSeats: number, estimator: Estimator): Work {
  switch (info.verb) {
    case "get":
      return ONE_SEAT;
    case "list":
    case "watch":
      return estimateList(info, query, atMost(maxSeats, MAX_LIST_SEATS), estimator);
    case "create":
    case "update":
    case "patch":
    case "delete":
      return estimateWrite(info, atMost(maxSeats, MAX_MUTATING_SEATS), estimator);
    default:
      return ONE_SEAT;
  }
}

function atMost(maxSeats: number, limit: number): number {
  return maxSeats === 0 || maxSeats > limit ? limit : maxSeats;
}

function estimateList(info: RequestInfo, query: URLSearchParams, maxSeats: number, { stats }: Estimator): Work {
  const text = (name: string) => (query.size > 0 ? (query.get(name) ?? "") : "");
  if (!isInt(text("limit")) || !isInt(text("timeoutSeconds"))) return seats(maxSeats);
  const isWatch = info.verb === "watch";
  const resourceVersion = text("resourceVersion");
  if (isWatch) {
    const asked = text("sendInitialEvents");
    const sendsState = (asked !== "" && queryBool(asked)) || resourceVersion === "" || resourceVersion === "0";
    if (!sendsState) return ONE_SEAT;
  }
  const known = stats(info);
  if (!known) return ONE_SEAT;
  const { count } = known;
  const limit = Number(text("limit"));
  const limited = limit > 0 && limit < count ? limit : count;
  const isFromCache = isWatch || !readsHistory(text, resourceVersion, limit);
  let objects = limited;
  if (info.name) objects = 1;
  else if (!isFromCache && (text("fieldSelector") || text("labelSelector"))) {
    objects = Math.max(limited, Math.floor(count / 2));
  }
  let bytes = objects * (known.objectBytes || MAX_OBJECT_BYTES);
  if (isFromCache) bytes = Math.min(bytes, MAX_BYTES_FROM_CACHE);
  return seats(Math.min(maxSeats, Math.max(1, Math.ceil(bytes / BYTES_PER_SEAT))));
}

/** Whether a list is of some other moment than now. (ShouldDelegateList of storage/cacher/delegator) */
function readsHistory(text: (name: string) => string, resourceVersion: string, limit: number): boolean {
  switch (text("resourceVersionMatch")) {
    case "NotOlderThan":
      return false;
    case "":
      return text("continue") !== "" || (limit > 0 && resourceVersion !== "" && resourceVersion !== "0");
    default:
      return true;
  }
}

function estimateWrite(info: RequestInfo, maxSeats: number, { watches, onWatchCount }: Estimator): Work {
  if (info.resource === "serviceaccounts" && info.subresource === "token") return ONE_SEAT;
  const count = watches.interestedIn(info);
  onWatchCount(count);
  if (count < WATCHES_PER_SEAT) return ONE_SEAT;
  const wanted = Math.ceil(count / WATCHES_PER_SEAT);
  const finalSeats = Math.min(wanted, maxSeats);
  return { initialSeats: 1, finalSeats, lingerMilliseconds: (wanted * EVENT_MILLISECONDS) / finalSeats };
}

function isInt(text: string): boolean {
  return text === "" || /^[-+]?\d+$/.test(text);
}
