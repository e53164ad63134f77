import { quantity } from "../../client/index.ts";
import { isSignal, type Observation, type Observations, SIGNALS, type Signal } from "./signal.ts";

/** Below it, Pods have to go. */
export interface Threshold {
  readonly signal: Signal;
  /** An amount, such as `100Mi`, or a part of all there is, such as `10%`. */
  readonly value: string;
  /** How long it may be crossed before a Pod goes, in ms; 0: not at all, and then the Pod goes at once. */
  readonly graceMs: number;
  /** How much more than the threshold there has to be before it counts as over. As `value`. */
  readonly minReclaim?: string;
}

/** As kubelet's flags have them, each a list separated by commas. */
export interface ThresholdTexts {
  /** `memory.available<100Mi,…` */
  readonly hard: string;
  /** Whether kubelet's own hold where nothing is said of a signal. (mergeDefaultEvictionSettings) */
  readonly mergeDefaults?: boolean;
  /** The same, for thresholds that may be crossed for a while. */
  readonly soft?: string;
  /** For how long, each: `memory.available=1m30s,…` */
  readonly softGracePeriod?: string;
  /** `memory.available=0Mi,…` */
  readonly minimumReclaim?: string;
}

/** kubelet's own. (pkg/kubelet/eviction/defaults_linux.go) */
export const EVICTION_HARD =
  "memory.available<100Mi,nodefs.available<10%,nodefs.inodesFree<5%,imagefs.available<15%,imagefs.inodesFree<5%";

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Pairs of a list such as `a<1,b<2`. @throws Error */
function pairs(list: string, separator: "<" | "="): [Signal, string][] {
  return list
    .split(",")
    .filter(Boolean)
    .map((each) => {
      const at = each.indexOf(separator);
      if (at < 0) throw new Error(`malformed pair ${JSON.stringify(each)}: want SIGNAL${separator}AMOUNT`);
      const signal = each.slice(0, at).trim();
      if (!isSignal(signal)) throw new Error(`unsupported eviction signal ${signal}`);
      return [signal, each.slice(at + 1).trim()];
    });
}

const isAmount = (text: string) => /^\d+(\.\d+)?([KMGTPE]i|[kMGTPE])?$/.test(text);
const isPercentage = (text: string) => /^\d+(\.\d+)?%$/.test(text);

/** @returns undefined for what can never be crossed, or always is @throws Error */
function thresholdOf(signal: Signal, value: string): Pick<Threshold, "signal" | "value"> | undefined {
  if (value === "0%" || value === "100%") return undefined;
  if (isPercentage(value)) {
    if (Number(value.slice(0, -1)) <= 100) return { signal, value };
    throw new Error(`eviction percentage threshold ${signal} must be <= 100%: ${value}`);
  }
  if (!isAmount(value)) throw new Error(`eviction threshold ${signal}: ${JSON.stringify(value)} is no amount`);
  if (quantity(value) > 0) return { signal, value };
  throw new Error(`eviction threshold ${signal} must be positive: ${value}`);
}

function duration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
    throw new Error(`invalid eviction grace period ${JSON.stringify(text)}: want a duration such as 1m30s`);
  }
  return parts.reduce((sum, [, number, unit = ""]) => sum + Number(number) * (UNIT_MS[unit] ?? 0), 0);
}

/** (pkg/kubelet/eviction/helpers.go ParseThresholdConfig) @throws Error */
export function parseThresholds(texts: ThresholdTexts): Threshold[] {
  const { hard, soft = "", softGracePeriod = "", minimumReclaim = "" } = texts;
  const graces = new Map(pairs(softGracePeriod, "=").map(([signal, text]) => [signal, duration(text)]));
  const reclaims = new Map(pairs(minimumReclaim, "="));
  for (const [signal, value] of reclaims) {
    if (isAmount(value) || isPercentage(value)) continue;
    throw new Error(`eviction minimum reclaim ${signal}: ${JSON.stringify(value)} is no amount`);
  }
  const withReclaim = (signal: Signal) => {
    const minReclaim = reclaims.get(signal);
    return minReclaim === undefined ? {} : { minReclaim };
  };
  const thresholds: Threshold[] = [];
  const said = pairs(hard, "<");
  const defaults = texts.mergeDefaults ? pairs(EVICTION_HARD, "<") : [];
  const others = defaults.filter(([signal]) => !said.some(([one]) => one === signal));
  for (const [signal, value] of [...said, ...others]) {
    const found = thresholdOf(signal, value);
    if (found) thresholds.push({ ...found, graceMs: 0, ...withReclaim(signal) });
  }
  for (const [signal, value] of pairs(soft, "<")) {
    const graceMs = graces.get(signal);
    if (graceMs === undefined) {
      throw new Error(`grace period must be specified for the soft eviction threshold ${signal}`);
    }
    const found = thresholdOf(signal, value);
    if (found) thresholds.push({ ...found, graceMs, ...withReclaim(signal) });
  }
  return thresholds;
}

const amountOf = (value: string, capacity: number) =>
  value.endsWith("%") ? Math.floor((capacity * Number(value.slice(0, -1))) / 100) : quantity(value);

/** In the units of what is observed. */
export const thresholdAmount = ({ value }: Threshold, { capacity }: Observation): number => amountOf(value, capacity);

/** The thresholds that are crossed. @param reclaimed whether they count as crossed until enough is there again */
export function crossed(
  thresholds: readonly Threshold[],
  observations: Observations,
  { reclaimed }: { readonly reclaimed: boolean },
): Threshold[] {
  return thresholds.filter((threshold) => {
    const observed = observations[threshold.signal];
    if (!observed) return false;
    const more = reclaimed && threshold.minReclaim ? amountOf(threshold.minReclaim, observed.capacity) : 0;
    return observed.available < thresholdAmount(threshold, observed) + more;
  });
}

/** Memory first: a machine without any stands still. (helpers.go byEvictionPriority) */
export function mostUrgent(thresholds: readonly Threshold[]): Threshold | undefined {
  return thresholds.find(({ signal }) => SIGNALS[signal].resource === "memory") ?? thresholds[0];
}
