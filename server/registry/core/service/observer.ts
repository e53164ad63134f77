/** Whether a client asked for this very address or port, or took any. */
export type AllocationScope = "static" | "dynamic";

/** Is told of cluster IPs and node ports that Services get or do not: for metrics. */
export interface AllocationObserver {
  /** @returns seconds since some moment */
  clock(): number;
  /** @param cidr of the ServiceCIDR that it is of */
  tookAddress(cidr: string, scope: AllocationScope, seconds: number): void;
  refusedAddress(cidr: string, scope: AllocationScope): void;
  tookPort(scope: AllocationScope): void;
  refusedPort(scope: AllocationScope): void;
}

/** How many are taken and free. */
export interface Usage {
  readonly allocated: number;
  readonly available: number;
}

export interface ServiceUsage {
  readonly ranges: readonly (Usage & { readonly cidr: string })[];
  readonly nodePorts: Usage;
}
