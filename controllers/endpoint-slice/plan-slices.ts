import type { Endpoint, EndpointPort, EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import { canonicalJson, deepEqual } from "../equality.ts";

/** Endpoints that share their ports. */
export interface PortGroup {
  ports: EndpointPort[];
  endpoints: Endpoint[];
}

/** What becomes of slices. Hints of endpoints are not thought of yet. */
export interface SlicePlan {
  created: PortGroup[];
  updated: { old: Readonly<EndpointSlice>; group: PortGroup }[];
  unchanged: Readonly<EndpointSlice>[];
  deleted: Readonly<EndpointSlice>[];
}

interface Wanted {
  groups: readonly PortGroup[];
  /** Slices of this owner and address type. */
  existing: readonly Readonly<EndpointSlice>[];
  maxPerSlice: number;
  /** Keeps one slice without endpoints, so that watchers of the service see that there are none. */
  placeholder: boolean;
  hasMetadata: (slice: Readonly<EndpointSlice>) => boolean;
}

/**
 * The fewest changes that bring slices to what is wanted: endpoints stay in the slice that has them, new ones fill
 * slices that change anyway, then one other that has room for all, then new ones.
 * (k8s.io/endpointslice reconcileByPortMapping)
 */
export function planSlices({ groups, existing, maxPerSlice, placeholder, hasMetadata }: Wanted): SlicePlan {
  const plan: SlicePlan = { created: [], updated: [], unchanged: [], deleted: [] };
  const left = new Set(existing);
  const total = groups.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
  const kept =
    total || !placeholder ? groups.filter(({ endpoints }) => endpoints.length) : [{ ports: [], endpoints: [] }];
  for (const { ports, endpoints } of kept) {
    const key = portsKey(ports);
    const own = [...left].filter((slice) => portsKey(slice.ports ?? []) === key);
    for (const slice of own) left.delete(slice);
    planGroup(plan, { ports, endpoints }, own, maxPerSlice, hasMetadata);
  }
  plan.deleted.push(...left);
  return plan;
}

function planGroup(
  plan: SlicePlan,
  { ports, endpoints }: PortGroup,
  own: readonly Readonly<EndpointSlice>[],
  maxPerSlice: number,
  hasMetadata: Wanted["hasMetadata"],
): void {
  const wanted = new Map(endpoints.map((endpoint) => [identity(endpoint), endpoint]));
  const drafts = own.map((old) => {
    const kept = (old.endpoints ?? []).flatMap((endpoint) => {
      const fresh = wanted.get(identity(endpoint));
      wanted.delete(identity(endpoint));
      return fresh ? [fresh] : [];
    });
    return { old, endpoints: kept, changes: !isSame(kept, old.endpoints ?? []) || !hasMetadata(old) };
  });
  const isEmptyGroup = !endpoints.length;
  // A slice that loses all its endpoints is not filled again here: it goes, or is written anew in place of a new one.
  const changing = drafts.filter((draft) => draft.changes && draft.endpoints.length);
  const rest = [...wanted.values()];
  for (const draft of changing.sort((a, b) => b.endpoints.length - a.endpoints.length))
    draft.endpoints.push(...rest.splice(0, Math.max(0, maxPerSlice - draft.endpoints.length)));
  while (rest.length) {
    const fitting = drafts.filter((draft) => !draft.changes && draft.endpoints.length + rest.length <= maxPerSlice);
    const [fullest] = fitting.sort((a, b) => b.endpoints.length - a.endpoints.length);
    if (!fullest) plan.created.push({ ports, endpoints: rest.splice(0, maxPerSlice) });
    else {
      fullest.endpoints.push(...rest.splice(0));
      fullest.changes = true;
    }
  }
  for (const [i, { old, endpoints, changes }] of drafts.entries()) {
    if (!endpoints.length && !(isEmptyGroup && i === 0)) plan.deleted.push(old);
    else if (changes) plan.updated.push({ old, group: { ports, endpoints } });
    else plan.unchanged.push(old);
  }
  if (isEmptyGroup && !drafts.length) plan.created.push({ ports, endpoints: [] });
}

const isSame = (a: readonly Endpoint[], b: readonly Endpoint[]) => deepEqual(a.map(withoutHints), b.map(withoutHints));

const withoutHints = ({ hints: _hints, ...endpoint }: Endpoint) => endpoint;

/** What makes it the same endpoint: a Pod by its uid, else the addresses. */
function identity({ addresses, targetRef }: Endpoint): string {
  return canonicalJson([[...(addresses ?? [])].sort(), targetRef?.uid ?? null]);
}

function portsKey(ports: readonly EndpointPort[]): string {
  return canonicalJson(ports.map((port) => canonicalJson(port)).sort());
}

/** Puts endpoints with the same ports together. */
export function groupByPorts(entries: readonly { ports: EndpointPort[]; endpoint: Endpoint }[]): PortGroup[] {
  const groups = new Map<string, PortGroup>();
  for (const { ports, endpoint } of entries) {
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpoint);
    groups.set(key, group);
  }
  return [...groups.values()];
}
