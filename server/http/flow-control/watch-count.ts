import { parseFieldSelector } from "../../meta/fields.ts";
import type { RequestInfo } from "../request-info.ts";

/** Watches of these for one value of this field are told of few changes, and not counted. */
const INDEXED: Readonly<Record<string, string>> = { pods: "spec.nodeName" };
const READ_ONLY = new Set(["get", "list", "watch", "proxy"]);

/** How many watchers a write is told to, for what it costs. (apiserver/pkg/util/flowcontrol/watch_tracker.go) */
export class WatchCount {
  readonly #counts = new Map<string, number>();

  /** @returns forgets it; undefined when it is not counted */
  add(info: RequestInfo): (() => void) | undefined {
    const field = INDEXED[info.resource];
    if (field && info.fieldSelector && exactValue(info.fieldSelector, field)) return undefined;
    const key = keyOf(info, info.namespace, info.name);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#counts.get(key) ?? 0) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
  }

  /** Watchers that may be told of what this request does. */
  interestedIn(info: RequestInfo): number {
    if (this.#counts.size === 0 || READ_ONLY.has(info.verb)) return 0;
    const { namespace, name } = info;
    let count = this.#of(info, "", "");
    if (namespace) count += this.#of(info, namespace, "");
    if (name) count += this.#of(info, namespace, name);
    return count;
  }

  #of(info: RequestInfo, namespace: string, name: string): number {
    return this.#counts.get(keyOf(info, namespace, name)) ?? 0;
  }
}

function keyOf({ apiGroup, resource }: RequestInfo, namespace: string, name: string): string {
  return `${apiGroup}/${resource}/${namespace}/${name}`;
}

function exactValue(selector: string, field: string): string | undefined {
  try {
    const { requirements } = parseFieldSelector(selector);
    return requirements.find((requirement) => requirement.field === field && requirement.operator === "=")?.value;
  } catch {
    return undefined; // the handler refuses it
  }
}
