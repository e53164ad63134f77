export interface PodNetwork {
  /** Of the node's bridge; at most 15 characters. */
  readonly bridge: string;
  /** The node's range of addresses, from its `spec.podCIDR`. */
  readonly podCidr: string;
  /** Where the plugin that gives addresses remembers which are taken. */
  readonly stateFolder: string;
}

/**
 * The network of a node's Pods by the CNI specification: a bridge, addresses from the node's range, host ports.
 * Without address translation: Pods see each other's own addresses on all nodes, as Kubernetes wants it.
 */
export function conflist({ bridge, podCidr, stateFolder }: PodNetwork): object {
  return {
    cniVersion: "0.4.0",
    name: "inkube",
    plugins: [
      {
        type: "bridge",
        bridge,
        isGateway: true,
        ipMasq: false,
        // A Pod may reach itself through a Service.
        hairpinMode: true,
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
