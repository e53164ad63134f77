import { authority, type Endpoint, type Protocol } from "./endpoint.ts";

/** Why nothing was reached, as Go's net package words it. */
const WORDS = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ETIMEDOUT: "i/o timeout",
} as const;

/** A connection that could not be made. Its message is Go's; other programs word the code themselves. */
export class NetworkError extends Error {
  readonly code: keyof typeof WORDS;

  constructor(code: keyof typeof WORDS, to: Endpoint, protocol: Protocol = "TCP") {
    super(`dial ${protocol.toLowerCase()} ${authority(to)}: ${WORDS[code]}`);
    this.code = code;
  }
}
