import { matchesSelector } from "../../client/index.ts";
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "../../openapi/api/networking.k8s.io.v1.ts";
import { addressType, canonicalRange, type Family, familyOf, nftFamily } from "../address.ts";
import type { Fragment, NftElement, NftSet } from "../nftables/fragment.ts";
import { hashedName } from "../nftables/names.ts";
import type { PolicyPod } from "./policy-pod.ts";

export type Direction = "ingress" | "egress";

/** All that rules of policies depend on. */
export interface PolicyWorld {
  readonly family: Family;
  /** Of all nodes. */
  readonly pods: readonly PolicyPod[];
  /** Labels by the name of the namespace. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Which ways a policy isolates the Pods that it selects. */
export function directionsOf({ spec }: Readonly<NetworkPolicy>): Direction[] {
  // As the server fills it in.
  const types = spec.policyTypes ?? ["Ingress", ...(spec.egress?.length ? ["Egress"] : [])];
  return (["ingress", "egress"] as const).filter((each) => types.some((type) => type.toLowerCase() === each));
}

/** Pods that a policy is about. */
export const selectedBy = ({ metadata, spec }: Readonly<NetworkPolicy>, pods: readonly PolicyPod[]): PolicyPod[] =>
  pods.filter(({ namespace, labels }) => namespace === metadata.namespace && matchesSelector(spec.podSelector, labels));

/** Name of the chain of what a policy lets through. */
export const policyChain = ({ metadata }: Readonly<NetworkPolicy>, direction: Direction): string =>
  `${direction}-${hashedName(`${metadata.namespace}/${metadata.name}`)}`;

/** What one policy lets through, as chains that end there for what it allows and return for the rest. */
export function policyRules(policy: Readonly<NetworkPolicy>, world: PolicyWorld): Fragment {
  const sets: NftSet[] = [];
  const elements: NftElement[] = [];
  const chains = directionsOf(policy).map((direction) => {
    const rules = (direction === "ingress" ? policy.spec.ingress : policy.spec.egress) ?? [];
    const allowed = rules.flatMap((rule, index) => {
      const peers = ("from" in rule ? rule.from : "to" in rule ? rule.to : undefined) ?? [];
      const one = allow({ policy, direction, index, peers, ports: rule.ports ?? [] }, world);
      sets.push(...one.sets);
      elements.push(...one.elements);
      return one.rules;
    });
    return { name: policyChain(policy, direction), rules: allowed };
  });
  return { chains, sets, elements };
}

interface Rule {
  readonly policy: Readonly<NetworkPolicy>;
  readonly direction: Direction;
  readonly index: number;
  /** None = everybody. */
  readonly peers: readonly NetworkPolicyPeer[];
  /** None = all. */
  readonly ports: readonly NetworkPolicyPort[];
}

function allow(rule: Rule, world: PolicyWorld) {
  const sets: NftSet[] = [];
  const elements: NftElement[] = [];
  const { policy, direction, index, peers, ports } = rule;
  const { family } = world;
  const setName = (what: string) =>
    `${what}-${hashedName(`${policy.metadata.namespace}/${policy.metadata.name}/${direction}/${index}`)}`;
  const peerPods = podsOf(peers, policy.metadata.namespace ?? "", world);
  const from = [...blocks(peers, direction, family)];
  const addressesOf = (pods: readonly PolicyPod[]) => pods.flatMap(({ addresses }) => addresses[family] ?? []);
  if (peers.length === 0) from.push("");
  if (peers.some(({ ipBlock }) => !ipBlock)) {
    const name = setName("peers");
    sets.push({ name, type: addressType(family) });
    for (const key of addressesOf(peerPods)) elements.push({ container: name, key });
    from.push(`${nftFamily(family)} ${direction === "ingress" ? "saddr" : "daddr"} @${name}`);
  }

  const to = [...numbers(ports)];
  if (ports.length === 0) to.push("");
  const names = ports.filter(({ port }) => typeof port === "string");
  if (names.length > 0) {
    const name = setName("ports");
    sets.push({ name, type: `${addressType(family)} . inet_proto . inet_service` });
    // Whose port it is decides what its name stands for: the receiver, who need not be a Pod that is named as a peer.
    const receivers =
      direction === "ingress"
        ? selectedBy(policy, world.pods)
        : peers.length > 0 && peers.every(({ ipBlock }) => !ipBlock)
          ? peerPods
          : world.pods;
    const keys = receivers.flatMap((pod) => namedPorts(pod, names, family));
    for (const key of new Set(keys)) elements.push({ container: name, key });
    to.push(`${nftFamily(family)} daddr . meta l4proto . th dport @${name}`);
  }
  const verdict = direction === "ingress" ? "accept" : "goto ingress";
  const rules = from.flatMap((who) => to.map((what) => [who, what, verdict].filter(Boolean).join(" ")));
  return { rules, sets, elements };
}

/** Pods that peers select: of the policy's own namespace unless they select namespaces. */
function podsOf(peers: readonly NetworkPolicyPeer[], own: string, { pods, namespaces }: PolicyWorld): PolicyPod[] {
  return pods.filter(({ namespace, labels }) =>
    peers.some(({ ipBlock, podSelector, namespaceSelector }) => {
      if (ipBlock) return false;
      if (podSelector && !matchesSelector(podSelector, labels)) return false;
      return namespaceSelector ? matchesSelector(namespaceSelector, namespaces.get(namespace)) : namespace === own;
    }),
  );
}

function blocks(peers: readonly NetworkPolicyPeer[], direction: Direction, family: Family): string[] {
  const field = `${nftFamily(family)} ${direction === "ingress" ? "saddr" : "daddr"}`;
  return peers.flatMap(({ ipBlock }) => {
    const range = canonicalRange(ipBlock?.cidr ?? "");
    if (!range || familyOf(range) !== family) return [];
    const except = (ipBlock?.except ?? []).flatMap((each) => canonicalRange(each) ?? []);
    return [[`${field} ${range}`, ...except.map((each) => `${field} != ${each}`)].join(" ")];
  });
}

/** Ports that are numbers, ranges or a protocol's all, by protocol. */
function numbers(ports: readonly NetworkPolicyPort[]): string[] {
  const byProtocol = Map.groupBy(
    ports.filter(({ port }) => typeof port !== "string"),
    ({ protocol = "TCP" }) => protocol.toLowerCase(),
  );
  return [...byProtocol].map(([protocol, those]) => {
    if (those.some(({ port }) => port === undefined)) return `meta l4proto ${protocol}`;
    const ranges = those.map(({ port, endPort }) => (endPort === undefined ? `${port}` : `${port}-${endPort}`));
    return `meta l4proto ${protocol} th dport { ${ranges.join(", ")} }`;
  });
}

const namedPorts = (pod: PolicyPod, wanted: readonly NetworkPolicyPort[], family: Family): string[] => {
  const address = pod.addresses[family];
  if (!address) return [];
  const own = pod.ports.filter(({ name, protocol }) =>
    wanted.some((each) => each.port === name && (each.protocol ?? "TCP") === protocol),
  );
  return own.map(({ protocol, port }) => `${address} . ${protocol.toLowerCase()} . ${port}`);
};
