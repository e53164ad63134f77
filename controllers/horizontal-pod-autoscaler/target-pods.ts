import { type Key, type Lister, matchesSelector, splitKey } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { LabelSelector } from "../../openapi/api/meta.k8s.io.v1.ts";
import { parseSelector } from "./selector.ts";

/** Why the Pods of a target cannot be told, as condition and event say it. */
export class SelectorError extends Error {
  readonly reason: string;
  readonly event: string;
  readonly condition: string;

  constructor(reason: string, problem: string, { event = reason, condition = problem } = {}) {
    super(problem);
    this.name = "SelectorError";
    this.reason = reason;
    this.event = event;
    this.condition = condition;
  }
}

/**
 * Pods of an autoscaler's target: no other autoscaler may scale them. (validateAndParseSelector)
 * @param text the selector as the target's Scale writes it
 * @param selectors of all autoscalers; this one's is written down @throws SelectorError
 */
export function podsOfTarget(
  text: string,
  key: Key,
  selectors: Map<Key, LabelSelector | undefined>,
  all: Lister<Pod>,
): Readonly<Pod>[] {
  if (!text) {
    const told = { event: "SelectorRequired", condition: "the HPA target's scale is missing a selector" };
    throw new SelectorError("InvalidSelector", "selector is required", told);
  }
  const selector = parsed(text);
  if (selectors.has(key)) selectors.set(key, selector);
  const { namespace } = splitKey(key);
  const pods = selectedPods(all.byNamespace(namespace), selector);
  const rivals = [...selectors]
    .filter(([other, its]) => other.startsWith(`${namespace}/`) && its && selectedPods(pods, its).length > 0)
    .map(([other]) => other)
    .sort();
  if (rivals.length < 2) return pods;
  const problem = `pods by selector ${text} are controlled by multiple HPAs: [${rivals.join(" ")}]`;
  throw new SelectorError("AmbiguousSelector", problem);
}

function parsed(text: string): LabelSelector {
  try {
    return parseSelector(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const what = "couldn't convert selector into a corresponding internal selector object";
    throw new SelectorError("InvalidSelector", `${what}: ${problem}`);
  }
}

/** Pods that a selector finds. */
function selectedPods(pods: readonly Readonly<Pod>[], selector: LabelSelector): Readonly<Pod>[] {
  return pods.filter(({ metadata }) => matchesSelector(selector, metadata.labels));
}
