import { encodeAny } from "../../../openapi/encode.ts";
import type { FixedRoute } from "../app-options.ts";
import { indentJson } from "../indent-json.ts";
import { demandAccepted } from "../negotiate.ts";
import { sendObject } from "../respond.ts";

/** What this server is compatible with, to the letter. (apimachinery/pkg/version) */
export const VERSION = {
  major: "1",
  minor: "36",
  emulationMajor: "1",
  emulationMinor: "36",
  minCompatibilityMajor: "1",
  minCompatibilityMinor: "35",
  gitVersion: "v1.36.2",
  gitCommit: "24e2b02af5543d7910c2bb074c7264df5a8f0467",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "go1.26.8",
  compiler: "gc",
  platform: "linux/amd64",
};

const TEXT = indentJson(encodeAny(VERSION));

export function versionRoutes(): FixedRoute[] {
  const handle: FixedRoute["handle"] = (ctx) => {
    demandAccepted(ctx, "application/json");
    return sendObject(ctx, 200, "application/json", TEXT);
  };
  return ["/version", "/version/"].map((path) => ({ path, methods: ["GET"], handle }));
}
