import type { RequestInfo } from "./request-info.ts";

const VERBS = new Set(["watch", "proxy"]);
const SUBRESOURCES = new Set(["attach", "exec", "proxy", "log", "portforward"]);

/** Requests without deadline, outside the in-flight limits. (apiserver/pkg/server/filters/longrunning.go) */
export function isLongRunning({ verb, isResourceRequest, subresource, path }: RequestInfo): boolean {
  if (VERBS.has(verb)) return true;
  return isResourceRequest ? SUBRESOURCES.has(subresource) : path.startsWith("/debug/pprof/");
}
