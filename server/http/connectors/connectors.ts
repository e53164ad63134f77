import type { Connector } from "../handlers/connect.ts";
import type { ConnectOptions } from "./connect-options.ts";
import { podLog } from "./pod-log.ts";
import { podDialer } from "./pod-network.ts";
import { podStreams } from "./pod-stream.ts";
import { proxies } from "./proxy.ts";

/** Every subresource that is a connection rather than an object. */
export function createConnectors(given: Omit<ConnectOptions, "dialPod">): readonly Connector[] {
  const options: ConnectOptions = { ...given, dialPod: podDialer(given) };
  return [podLog(options), ...podStreams(options), ...proxies(options)];
}
