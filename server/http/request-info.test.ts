import { expect, test } from "vitest";
import { parseRequestInfo } from "./request-info.ts";

test.each([
  ["GET", "/api/v1/namespaces", "list", "", "namespaces", "", ""],
  ["GET", "/api/v1/namespaces/other", "get", "other", "namespaces", "", "other"],
  ["GET", "/api/v1/namespaces/other/pods", "list", "other", "pods", "", ""],
  ["GET", "/api/v1/namespaces/other/pods/foo", "get", "other", "pods", "", "foo"],
  ["HEAD", "/api/v1/namespaces/other/pods/foo", "get", "other", "pods", "", "foo"],
  ["GET", "/api/v1/pods", "list", "", "pods", "", ""],
  ["GET", "/api/v1/pods?watch=true", "watch", "", "pods", "", ""],
  ["GET", "/api/v1/pods?watch=maybe", "watch", "", "pods", "", ""],
  ["GET", "/api/v1/pods?watch=False", "list", "", "pods", "", ""],
  ["GET", "/api/v1/pods?watch=0", "list", "", "pods", "", ""],
  ["GET", "/api/v1/watch/pods", "watch", "", "pods", "", ""],
  ["GET", "/api/v1/watch/namespaces/other/pods", "watch", "other", "pods", "", ""],
  ["GET", "/api/v1/namespaces/other/pods/foo/status", "get", "other", "pods", "status", "foo"],
  ["PUT", "/api/v1/namespaces/other/finalize", "update", "other", "namespaces", "finalize", "other"],
  ["PUT", "/api/v1/namespaces/other/status", "update", "other", "namespaces", "status", "other"],
  ["POST", "/apis/apps/v1/namespaces/other/deployments", "create", "other", "deployments", "", ""],
  ["DELETE", "/api/v1/namespaces/other/pods", "deletecollection", "other", "pods", "", ""],
  ["DELETE", "/api/v1/namespaces/other/pods/foo", "delete", "other", "pods", "", "foo"],
  ["PATCH", "/api/v1/namespaces/other/pods/foo", "patch", "other", "pods", "", "foo"],
  ["PROPFIND", "/api/v1/namespaces/other/pods/foo", "", "other", "pods", "", "foo"],
  ["GET", "/api/v1/namespaces/x/pods?fieldSelector=metadata.name%3Dfoo", "list", "x", "pods", "", "foo"],
  ["GET", "/api/v1/namespaces/x/pods?watch=1&fieldSelector=metadata.name%3Dfoo", "watch", "x", "pods", "", "foo"],
  ["GET", "/api/v1/namespaces/x/pods?fieldSelector=metadata.name%3D..", "list", "x", "pods", "", ""],
  ["GET", "/api/v1/namespaces/x/pods?fieldSelector=metadata.name!%3Dfoo", "list", "x", "pods", "", ""],
  ["GET", "/api/v1/nodes/n/proxy/metrics", "get", "", "nodes", "proxy", "n"],
  ["GET", "/api/v1/proxy/nodes/n/metrics", "proxy", "", "nodes", "", "n"],
])("%s %s is %s in namespace %j of %s/%s %j", (method, url, verb, namespace, resource, subresource, name) => {
  const [path = "", query = ""] = url.split("?");
  const info = parseRequestInfo(method, path, new URLSearchParams(query));
  expect(info).toMatchObject({ isResourceRequest: true, verb, namespace, resource, subresource, name });
});

test.each(["/", "/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/healthz", "/version/", "/foo/v1/pods"])(
  "%s is no resource request",
  (path) => {
    const info = parseRequestInfo("GET", path, new URLSearchParams());
    expect(info).toMatchObject({ isResourceRequest: false, verb: "get", path });
  },
);

test("a watch prefix without a resource is an error", () => {
  expect(() => parseRequestInfo("GET", "/api/v1/watch", new URLSearchParams())).toThrow(/unable to determine kind/);
});
