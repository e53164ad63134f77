/** A set that packets or fragments put elements in. One that is to be otherwise needs another name. */
export interface NftSet {
  readonly name: string;
  /** As nft(8) wants it, such as `ipv4_addr . inet_service`. */
  readonly type: string;
  /** Elements come from packets and stay so many seconds; undefined: they are those of the fragments. */
  readonly timeoutSeconds?: number;
}

/** Rules run from the first to the last, each as nft(8) reads it. */
export interface NftChain {
  readonly name: string;
  readonly rules: readonly string[];
}

/** One element of a set, or with a value of a map. */
export interface NftElement {
  readonly container: string;
  readonly key: string;
  readonly value?: string;
}

/**
 * What one thing, such as a Service, adds to a table. Chains and sets are its own and have a slash in their names;
 * elements go into any set or map of the table, and several fragments may want the same one.
 */
export interface Fragment {
  readonly chains: readonly NftChain[];
  readonly sets: readonly NftSet[];
  readonly elements: readonly NftElement[];
}

/** What a table has whatever the fragments are. */
export interface NftTable {
  readonly family: "ip" | "ip6";
  readonly name: string;
  readonly comment: string;
  /** Chains that the kernel calls, and ordinary ones, in the order in which they may name each other. */
  readonly baseChains: readonly (NftChain & { /** `type … hook … priority …;` */ readonly hook?: string })[];
  readonly sets: readonly NftSet[];
  /** Maps and what they map, such as `inet_service : verdict`. */
  readonly maps: readonly { readonly name: string; readonly type: string }[];
}
