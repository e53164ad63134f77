import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { HttpError } from "./request.ts";

const HEADER = "X-Stream-Protocol-Version";

/**
 * Agrees on what is spoken inside SPDY and answers the upgrade. (apimachinery/pkg/util/httpstream Handshake)
 * @throws HttpError 403 when nothing offered is known
 */
export function acceptSpdy(request: IncomingMessage, socket: Duplex, known: readonly string[]): string {
  const offered = (request.headersDistinct[HEADER.toLowerCase()] ?? []).flatMap((line) => line.split(/,\s*/));
  const protocol = offered.length === 0 ? (known.at(-1) ?? "") : known.find((each) => offered.includes(each));
  if (protocol === undefined) {
    throw new HttpError(
      403,
      `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(" ")}], server accepts [${known.join(" ")}]`,
    );
  }
  const agreed = offered.length > 0 ? `${HEADER}: ${protocol}\r\n` : "";
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n${agreed}\r\n`);
  return protocol;
}
