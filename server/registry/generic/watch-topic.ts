import { requiredFieldValue } from "../../meta/fields.ts";
import type { Topic } from "../../storage/storage.ts";
import type { Kind } from "../kind.ts";
import type { Selectors } from "./selection.ts";
import { storedOf } from "./stored.ts";
import { previousOf } from "./watch-outlet.ts";

const NODE = "spec.nodeName";

/** One function for each kind: the fan-out tells ways of telling apart by it. */
const nodesOf = new WeakMap<Kind, Topic["of"]>();

/**
 * Tells the Pods of one node from all others: with a thousand nodes, each change would be judged by a thousand watchers.
 * @returns undefined for a watch that does not ask for one node. (pkg/registry/core/pod/strategy.go NodeNameTriggerFunc)
 */
export function topicOf(kind: Kind, { fieldSelector }: Pick<Selectors, "fieldSelector">): Topic | undefined {
  if (kind.group !== "" || kind.plural !== "pods") return undefined;
  const name = requiredFieldValue(fieldSelector, NODE);
  if (!name) return undefined;
  let of = nodesOf.get(kind);
  if (!of) {
    of = (change) => {
      const now = storedOf(kind, change).fields[NODE] ?? "";
      const before = previousOf(kind, change)?.fields[NODE] ?? now;
      return before === now ? [now] : [before, now];
    };
    nodesOf.set(kind, of);
  }
  return { of, name };
}
