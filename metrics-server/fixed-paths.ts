import type { Registry } from "prom-client";
import { GROUP, VERSION } from "./metrics.ts";

/** metrics-server's, whose behaviour this is. */
export const RELEASE = "v0.8.0";

/** An answer that is no object of the API. */
export interface FixedAnswer {
  readonly body: string;
  readonly type: string;
}

const TEXT = "text/plain; charset=utf-8";
const JSON_TYPE = "application/json";
const PROBES = ["/healthz", "/livez", "/readyz"];
const PATHS = [
  "/apis",
  `/apis/${GROUP}`,
  `/apis/${GROUP}/${VERSION}`,
  ...PROBES,
  "/metrics",
  "/openapi/v2",
  "/openapi/v3",
  `/openapi/v3/apis/${GROUP}/${VERSION}`,
  "/version",
].sort();
const BUILD = {
  major: "",
  minor: "",
  gitVersion: RELEASE,
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "gc",
  platform: "linux/amd64",
};

/** What a generic API server has besides its groups. (apiserver/pkg/server/routes) @returns undefined: nothing there */
export async function fixedAnswer(path: string, registry: Registry): Promise<FixedAnswer | undefined> {
  if (PROBES.includes(path)) return { body: "ok", type: TEXT };
  switch (path) {
    case "/":
    case "/index.html":
      return { body: JSON.stringify({ paths: PATHS }, null, 2), type: JSON_TYPE };
    case "/version":
    case "/version/":
      return { body: JSON.stringify(BUILD, null, 2), type: JSON_TYPE };
    case "/metrics":
      return { body: await registry.metrics(), type: registry.contentType };
    default:
      return undefined;
  }
}
