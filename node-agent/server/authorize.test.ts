import { expect, test } from "vitest";
import { requestAttributes } from "./authorize.ts";

test.each<[string, string, string, string[]]>([
  ["GET", "/pods", "get", ["pods", "proxy"]],
  ["GET", "/podsx", "get", ["proxy"]],
  ["GET", "/healthz/ping", "get", ["healthz", "proxy"]],
  ["GET", "/metrics/cadvisor", "get", ["metrics"]],
  ["GET", "/stats/summary", "get", ["stats"]],
  ["GET", "/logs/", "get", ["log"]],
  ["POST", "/exec/ns/pod/container", "create", ["proxy"]],
  ["PUT", "/anything", "update", ["proxy"]],
])("%s %s of a node takes the right to %s one of %j", (method, path, verb, subresources) => {
  expect(requestAttributes(method, path)).toEqual({ verb, subresources });
});
