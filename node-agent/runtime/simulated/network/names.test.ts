import { expect, test } from "vitest";
import { listerOf } from "../../../../client/index.ts";
import type { Service } from "../../../../openapi/api/core.v1.ts";
import type { EndpointSlice } from "../../../../openapi/api/discovery.k8s.io.v1.ts";
import { answerOf, type RecordType } from "./names.ts";
import { SERVICE_INDEXES, SLICE_INDEXES } from "./service-objects.ts";

const service = (name: string, spec: Partial<Service["spec"]>) =>
  ({ metadata: { name, namespace: "ns" }, spec, status: {} }) as Service;
const slice = (name: string, endpoints: EndpointSlice["endpoints"] = []): EndpointSlice => ({
  metadata: { name: `${name}-1`, namespace: "ns", labels: { "kubernetes.io/service-name": name } },
  addressType: "IPv4",
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  endpoints,
});
const ports = [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }];
const objects = {
  services: listerOf(
    [
      service("web", { clusterIP: "10.96.0.5", clusterIPs: ["10.96.0.5"], ports }),
      service("db", { clusterIP: "None", clusterIPs: ["None"], ports }),
      service("empty", { clusterIP: "None", clusterIPs: ["None"] }),
      service("out", { type: "ExternalName", externalName: "example.com" }),
      service("alias", { type: "ExternalName", externalName: "web.ns.svc.cluster.local" }),
    ],
    SERVICE_INDEXES,
  ),
  slices: listerOf(
    [
      slice("db", [
        { addresses: ["10.0.0.1"], hostname: "db-0", conditions: { ready: true } },
        { addresses: ["10.0.0.2"], conditions: {} },
        { addresses: ["10.0.0.3"], hostname: "db-2", conditions: { ready: false } },
      ]),
    ],
    SLICE_INDEXES,
  ),
};

test.each<[string, RecordType, string, string[]]>([
  ["web.ns.svc.cluster.local.", "A", "NOERROR", ["10.96.0.5"]],
  ["WEB.NS.SVC.cluster.local.", "A", "NOERROR", ["10.96.0.5"]],
  ["web.ns.svc.cluster.local.", "AAAA", "NOERROR", []],
  ["web.ns.svc.cluster.local.", "SRV", "NOERROR", ["0 100 80 web.ns.svc.cluster.local."]],
  ["_http._tcp.web.ns.svc.cluster.local.", "SRV", "NOERROR", ["0 100 80 web.ns.svc.cluster.local."]],
  ["_dns._udp.web.ns.svc.cluster.local.", "SRV", "NXDOMAIN", []],
  ["db.ns.svc.cluster.local.", "A", "NOERROR", ["10.0.0.1", "10.0.0.2"]],
  ["db-0.db.ns.svc.cluster.local.", "A", "NOERROR", ["10.0.0.1"]],
  ["10-0-0-2.db.ns.svc.cluster.local.", "A", "NOERROR", ["10.0.0.2"]],
  ["db-2.db.ns.svc.cluster.local.", "A", "NXDOMAIN", []],
  [
    "_http._tcp.db.ns.svc.cluster.local.",
    "SRV",
    "NOERROR",
    ["0 100 8080 db-0.db.ns.svc.cluster.local.", "0 100 8080 10-0-0-2.db.ns.svc.cluster.local."],
  ],
  ["empty.ns.svc.cluster.local.", "A", "NXDOMAIN", []],
  ["out.ns.svc.cluster.local.", "CNAME", "NOERROR", ["example.com."]],
  ["out.ns.svc.cluster.local.", "A", "NOERROR", ["example.com."]],
  ["alias.ns.svc.cluster.local.", "A", "NOERROR", ["web.ns.svc.cluster.local.", "10.96.0.5"]],
  ["10-0-0-9.ns.pod.cluster.local.", "A", "NOERROR", ["10.0.0.9"]],
  ["5.0.96.10.in-addr.arpa.", "PTR", "NOERROR", ["web.ns.svc.cluster.local."]],
  ["1.0.0.10.in-addr.arpa.", "PTR", "NOERROR", ["db-0.db.ns.svc.cluster.local."]],
  ["9.9.9.9.in-addr.arpa.", "PTR", "NXDOMAIN", []],
  ["nobody.ns.svc.cluster.local.", "A", "NXDOMAIN", []],
  ["web.", "A", "NXDOMAIN", []],
  ["example.com.", "A", "NXDOMAIN", []],
])("%s %s is %s %j", (name, type, code, data) => {
  const answer = answerOf(name, type, "cluster.local", objects);
  expect([answer.code, answer.records.map((record) => record.data)]).toEqual([code, data]);
});
