import { InvalidArgumentError } from "commander";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3600_000 };

/** A duration as Go writes it. @returns ms @throws InvalidArgumentError */
export function duration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (text !== "0" && (parts.length === 0 || parts.map(([part]) => part).join("") !== text)) {
    throw new InvalidArgumentError("must be a duration such as 500ms, 30s or 1h30m.");
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ""] ?? 0), 0);
}

/** Where to listen. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Empty for nowhere, as the flag has it: commander takes undefined for "not given". @throws InvalidArgumentError */
export function bindAddress(text: string): Address | "" {
  if (text === "") return "";
  const [, host, port] = /^(?:\[?([\d.]+|[\da-fA-F:]+)\]?):(\d+)$/.exec(text) ?? [];
  if (!host || !port || Number(port) > 65_535) throw new InvalidArgumentError("must be an address and a port.");
  return { host, port: Number(port) };
}
