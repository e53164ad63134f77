export type Protocol = "TCP" | "UDP";

/** Where a connection or datagram comes from or goes to. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `10.0.0.1:80`, `[fd00::1]:80` */
export const authority = ({ address, port }: Endpoint): string =>
  `${address.includes(":") ? `[${address}]` : address}:${port}`;

export const isLoopback = (address: string): boolean => /^127\./.test(address) || address === "::1";
