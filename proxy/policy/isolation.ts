import type { NetworkPolicy } from "../../openapi/api/networking.k8s.io.v1.ts";
import type { Fragment, NftChain, NftElement } from "../nftables/fragment.ts";
import { hashedName } from "../nftables/names.ts";
import { type Direction, directionsOf, type PolicyWorld, policyChain, selectedBy } from "./policy-rules.ts";

/**
 * Which Pods of a node are isolated, and what lets something through to them or from them all the same. Pods with the
 * same policies share a chain, so that a Pod that comes or goes changes a map only.
 */
export function isolation(policies: readonly Readonly<NetworkPolicy>[], node: string, world: PolicyWorld): Fragment {
  const { family } = world;
  const here = world.pods.filter((pod) => pod.node === node && pod.addresses[family]);
  const chains = new Map<string, NftChain>();
  const elements: NftElement[] = [];
  const isolated = new Set<string>();
  for (const direction of ["ingress", "egress"] as const satisfies readonly Direction[]) {
    const byPod = new Map<string, { readonly namespace: string; readonly policies: string[] }>();
    const relevant = policies.filter((policy) => directionsOf(policy).includes(direction));
    for (const policy of relevant) {
      for (const { namespace, addresses } of selectedBy(policy, here)) {
        const address = addresses[family] ?? "";
        const pod = byPod.get(address) ?? { namespace, policies: [] };
        byPod.set(address, pod);
        pod.policies.push(policyChain(policy, direction));
      }
    }
    for (const [address, pod] of byPod) {
      const those = pod.policies.sort();
      const name = `pods-${direction}-${hashedName(`${pod.namespace}/${those.join("_")}`)}`;
      chains.set(name, { name, rules: [...those.map((policy) => `jump ${policy}`), "drop"] });
      elements.push({ container: `${direction}-pods`, key: address, value: `goto ${name}` });
      isolated.add(address);
    }
  }
  // A Pod may always talk to itself, through a Service for example.
  for (const address of isolated) elements.push({ container: "selves", key: `${address} . ${address}` });
  return { chains: [...chains.values()], sets: [], elements };
}
