import { humanDuration } from "../../meta/duration.ts";
import { getMember } from "../../meta/members.ts";
import { timeOf } from "../../meta/time.ts";

/** What stands in each column besides Name and Age, by the column's name. */
export type Cells<T> = Readonly<Record<string, (object: T, now: Date) => unknown>>;

// One type for cells of all kinds: each is only called with objects of its own resource.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Printers = Readonly<Record<string, Cells<any>>>;

/** How long ago, or `<unknown>`. */
export function since(time: string | undefined, now: Date): string {
  const milliseconds = timeOf(time);
  return Number.isNaN(milliseconds) ? "<unknown>" : humanDuration(now.getTime() - milliseconds);
}

/** At most so many; the rest is counted. */
const SHOWN = 3;

/** `a,b,c + 2 more...`, or `<unset>`. (listWithMoreString) */
export function listWithMore(all: readonly string[]): string {
  const shown = all.slice(0, SHOWN).join(",");
  return all.length > SHOWN ? `${shown} + ${all.length - SHOWN} more...` : shown || "<unset>";
}

/** `a=1,b=2` in order of keys, or `<none>`. (labels.FormatLabels) */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort();
  return keys.map((key) => `${key}=${getMember(labels ?? {}, key)}`).join(",") || "<none>";
}

interface NamedImage {
  readonly name: string;
  readonly image?: string;
}

export function containerNames(containers: readonly NamedImage[] | undefined): string {
  return (containers ?? []).map(({ name }) => name).join(",");
}

export function containerImages(containers: readonly NamedImage[] | undefined): string {
  return (containers ?? []).map(({ image = "" }) => image).join(",");
}

/** A load balancer's addresses, each once, clipped to the width of the column. */
export function loadBalancerText(
  ingress: readonly { readonly ip?: string; readonly hostname?: string }[] | undefined,
): string {
  const addresses = new Set((ingress ?? []).map(({ ip, hostname }) => ip || hostname || "").filter(Boolean));
  return [...addresses].sort().join(",");
}
