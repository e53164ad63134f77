export interface PodNetwork {
  /** The node's range of addresses, from its `spec.podCIDR`. */
  readonly podCidr: string;
  /** Where the plugin that gives addresses remembers which are taken. */
  readonly stateFolder: string;
}

/**
 * The network of a node's Pods by the CNI specification: a wire from each Pod to the node, addresses from the node's
 * range, host ports. Without address translation: Pods see each other's own addresses on all nodes, as Kubernetes wants
 * it. Wires and no bridge, because what Pods of one node send each other is then routed, and so seen by the rules for
 * Services and policies; over a bridge answers of a Service would come from its Pod's address.
 */
export function conflist({ podCidr, stateFolder }: PodNetwork): object {
  return {
    cniVersion: "0.4.0",
    name: "inkube",
    plugins: [
      {
        type: "ptp",
        ipMasq: false,
        ipam: {
          type: "host-local",
          ranges: [[{ subnet: podCidr }]],
          routes: [{ dst: "0.0.0.0/0" }],
          dataDir: stateFolder,
        },
      },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  };
}
