import type { Connector } from "../handlers/connect.ts";
import type { ConnectOptions } from "./connect-options.ts";
import { podLog } from "./pod-log.ts";
import { podStreams } from "./pod-stream.ts";

/** Every subresource that is a connection rather than an object. */
export function createConnectors(options: ConnectOptions): readonly Connector[] {
  return [podLog(options), ...podStreams(options)];
}
