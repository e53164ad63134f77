import { addressType, type Family, nftFamily } from "../address.ts";
import type { NftTable } from "../nftables/fragment.ts";

/** Name of the table of policies. */
export const POLICY_TABLE = "network-policy";

/**
 * What the table has before there is any policy. Only what is forwarded is looked at: what the node itself sends to its
 * Pods, such as probes, and what they send to the node, is always let through, as Kubernetes wants it.
 */
export function policyTable(family: Family): NftTable {
  const ip = nftFamily(family);
  const address = addressType(family);
  return {
    family: ip,
    name: POLICY_TABLE,
    comment: "rules of inkube proxy for NetworkPolicies",
    sets: [{ name: "selves", type: `${address} . ${address}` }],
    maps: [
      { name: "egress-pods", type: `${address} : verdict` },
      { name: "ingress-pods", type: `${address} : verdict` },
    ],
    baseChains: [
      // Its end would lead back to what the sender's policies say last, which is no.
      { name: "ingress", rules: [`${ip} daddr vmap @ingress-pods`, "accept"] },
      // What a Pod may send still has to be something that the other one may get.
      { name: "egress", rules: [`${ip} saddr vmap @egress-pods`, "goto ingress"] },
      {
        name: "filter-forward",
        hook: "type filter hook forward priority filter;",
        rules: ["ct state established,related accept", `${ip} saddr . ${ip} daddr @selves accept`, "goto egress"],
      },
    ],
  };
}
