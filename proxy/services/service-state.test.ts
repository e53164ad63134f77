import { expect, test } from "vitest";
import type { Service } from "../../openapi/api/core.v1.ts";
import type { EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import type { RuleSettings } from "./service-rules.ts";
import { serviceState, withoutLocalEndpoints } from "./service-state.ts";

const SETTINGS: RuleSettings = {
  family: "IPv4",
  table: "kube-proxy",
  localTraffic: { isLocal: "ip saddr 10.244.0.0/16", isNotLocal: "ip saddr != 10.244.0.0/16" },
  masqueradeAll: false,
  masqueradeMark: 0x4000,
  nodePortAddresses: ["192.168.0.2"],
  serviceCidrs: ["10.96.0.0/16"],
  node: { name: "node-a", zone: "" },
  nodeAddress: "192.168.0.2",
};
const TCP = "meta l4proto tcp";

const service = (spec: object, status: Service["status"] = { loadBalancer: {} }): Service => ({
  metadata: { namespace: "ns", name: "web" },
  spec: {
    clusterIP: "10.96.0.7",
    clusterIPs: ["10.96.0.7"],
    ipFamilies: ["IPv4"],
    ports: [{ port: 80, targetPort: "http" }],
    ...spec,
  },
  status,
});

const slice = (endpoints: readonly string[], more: object = {}): EndpointSlice => ({
  metadata: { namespace: "ns", name: "web-1" },
  addressType: "IPv4",
  ports: [{ name: "", protocol: "TCP", port: 8080 }],
  endpoints: endpoints.map((text) => {
    const [address = "", nodeName = "node-b"] = text.split("@");
    return { addresses: [address], nodeName, conditions: { ready: true } };
  }),
  ...more,
});

/** Rules as a reader would want them: by chain, and elements by container. Hashes and the Service's name left out. */
function rules(one: Service, slices: readonly EndpointSlice[], settings: Partial<RuleSettings> = {}) {
  const state = serviceState(one, slices, { ...SETTINGS, ...settings });
  const short = (text: string) => text.replaceAll(/-[A-Z2-7]{8}-ns\/web\/(\w+)\/(\w*)/g, " $2");
  const chains = state?.fragment.chains.map(({ name, rules }) => [
    short(name).trim(),
    rules.map((each) => short(each)),
  ]);
  const elements = state?.fragment.elements.map(
    ({ container, key, value }) => `${container}: ${key}${value ? ` -> ${short(value).trim()}` : ""}`,
  );
  return { chains: Object.fromEntries(chains ?? []), elements: elements ?? [], sets: state?.fragment.sets ?? [] };
}

const TWO = slice(["10.244.0.5@node-a", "10.244.1.5"]);

test("a cluster IP is shared among its endpoints, and one on this node may reach itself", () => {
  expect(rules(service({}), [TWO])).toEqual({
    chains: {
      service: [
        `${TCP} dnat ip addr . port to numgen random mod 2 map { 0 : 10.244.0.5 . 8080, 1 : 10.244.1.5 . 8080 }`,
      ],
    },
    elements: [
      "cluster-ips: 10.96.0.7",
      "hairpin-connections: 10.244.0.5 . 10.244.0.5 . tcp . 8080",
      "service-ips: 10.96.0.7 . tcp . 80 -> goto service",
    ],
    sets: [],
  });
});

const NODE_PORT = { type: "NodePort", ports: [{ port: 80, nodePort: 30080 }] };
const EVERYWHERE = [
  "no-endpoint-services: 10.96.0.7 . tcp . 80",
  "no-endpoint-services: 192.0.2.1 . tcp . 80",
  "no-endpoint-nodeports: tcp . 30080",
];

test("without endpoints all its addresses are rejected", () => {
  const { chains, elements } = rules(service({ ...NODE_PORT, externalIPs: ["192.0.2.1"] }), []);
  expect(chains).toEqual({});
  expect(elements).toEqual(["cluster-ips: 10.96.0.7", ...EVERYWHERE.map((key) => `${key} -> goto reject-chain`)]);
});

test("a node port and an external address masquerade, then go where the cluster IP goes", () => {
  const { chains, elements } = rules(service({ ...NODE_PORT, externalIPs: ["192.0.2.1"] }), [TWO]);
  expect(chains).toMatchObject({ external: ["mark set mark or 0x00004000", "goto service "] });
  expect(elements).toContain("service-nodeports: tcp . 30080 -> goto external");
  expect(elements).toContain("service-ips: 192.0.2.1 . tcp . 80 -> goto external");
});

test.each([
  { endpoints: ["10.244.0.5@node-a", "10.244.1.5"], last: ["goto local "], dropped: [] },
  { endpoints: ["10.244.1.5"], last: [], dropped: ["no-endpoint-nodeports: tcp . 30080 -> drop"] },
])("externalTrafficPolicy Local keeps the client's address: $endpoints", ({ endpoints, last, dropped }) => {
  const { chains, elements } = rules(service({ ...NODE_PORT, externalTrafficPolicy: "Local" }), [slice(endpoints)]);
  expect(chains.external).toEqual([
    "ip saddr 10.244.0.0/16 goto service ",
    "fib saddr type local mark set mark or 0x00004000",
    "fib saddr type local goto service ",
    ...last,
  ]);
  expect(elements.filter((each) => each.endsWith("drop"))).toEqual(dropped);
  if (last.length > 0) expect(chains.local).toEqual([expect.stringContaining("0 : 10.244.0.5 . 8080 }")]);
});

test("internalTrafficPolicy Local without an endpoint here drops", () => {
  const local = service({ internalTrafficPolicy: "Local" });
  const { chains, elements } = rules(local, [slice(["10.244.1.5"])]);
  expect(chains).toEqual({});
  expect(elements).toEqual(["cluster-ips: 10.96.0.7", "no-endpoint-services: 10.96.0.7 . tcp . 80 -> drop"]);
  const state = serviceState(local, [slice(["10.244.1.5"])], SETTINGS);
  expect(withoutLocalEndpoints(state ? [state] : [])).toEqual({ internal: 1, external: 0 });
});

test("session affinity: each endpoint remembers its clients for the time that is asked for", () => {
  const affinity = { sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 100 } } };
  const { chains, sets } = rules(service(affinity), [TWO]);
  expect(chains).toEqual({
    service: [
      "ip saddr @affinity __10.244.0.5/8080/100s goto endpoint __10.244.0.5/8080/100s",
      "ip saddr @affinity __10.244.1.5/8080/100s goto endpoint __10.244.1.5/8080/100s",
      "numgen random mod 2 vmap { 0 : goto endpoint __10.244.0.5/8080/100s, 1 : goto endpoint __10.244.1.5/8080/100s }",
    ],
    "endpoint __10.244.0.5/8080/100s": [
      "update @affinity __10.244.0.5/8080/100s { ip saddr }",
      `${TCP} dnat to 10.244.0.5:8080`,
    ],
    "endpoint __10.244.1.5/8080/100s": [
      "update @affinity __10.244.1.5/8080/100s { ip saddr }",
      `${TCP} dnat to 10.244.1.5:8080`,
    ],
  });
  expect(sets).toEqual([
    { name: expect.stringMatching(/^affinity-/), type: "ipv4_addr", timeoutSeconds: 100 },
    { name: expect.stringMatching(/^affinity-/), type: "ipv4_addr", timeoutSeconds: 100 },
  ]);
});

const BALANCED = { type: "LoadBalancer", ports: [{ port: 80, nodePort: 30080 }] };
const ingress = (...list: object[]) => ({ loadBalancer: { ingress: list } });

test.each([
  { ingress: { ip: "203.0.113.9" }, isTaken: true },
  { ingress: { ip: "203.0.113.9", ipMode: "VIP" }, isTaken: true },
  { ingress: { ip: "203.0.113.9", ipMode: "Proxy" }, isTaken: false },
  { ingress: { hostname: "balancer.example" }, isTaken: false },
  { ingress: { ip: "2001:db8::9" }, isTaken: false },
])("the address of a load balancer $ingress is taken: $isTaken", ({ ingress: one, isTaken }) => {
  const { elements } = rules(service(BALANCED, ingress(one)), [TWO]);
  expect(elements.includes("service-ips: 203.0.113.9 . tcp . 80 -> goto external")).toBe(isTaken);
});

test.each([
  { ranges: ["198.51.100.0/24", "2001:db8::/32"], rule: "ip saddr != { 198.51.100.0/24 } drop" },
  { ranges: [" 192.168.0.0/16 "], rule: "ip saddr != { 192.168.0.0/16, 203.0.113.9 } drop" },
  { ranges: ["0.0.0.0/0", "198.51.100.0/24"], rule: undefined },
])("source ranges $ranges let in: $rule", ({ ranges, rule }) => {
  const { chains, elements } = rules(
    service({ ...BALANCED, loadBalancerSourceRanges: ranges }, ingress({ ip: "203.0.113.9" })),
    [TWO],
  );
  expect(chains.firewall).toEqual(rule && [rule]);
  expect(elements.includes("firewall-ips: 203.0.113.9 . tcp . 80 -> goto firewall")).toBe(rule !== undefined);
});

test("ports are told apart by name and protocol, and each has its own target", () => {
  const dns = {
    ports: [
      { name: "dns", protocol: "UDP", port: 53 },
      { name: "dns-tcp", protocol: "TCP", port: 53 },
      { name: "sctp", protocol: "SCTP", port: 5000 },
    ],
  };
  const ports = [
    { name: "dns", protocol: "UDP", port: 1053 },
    { name: "dns-tcp", protocol: "TCP", port: 2053 },
  ];
  const { chains, elements } = rules(service(dns), [slice(["10.244.1.5"], { ports })]);
  expect(chains).toEqual({
    "service dns": ["meta l4proto udp dnat ip addr . port to numgen random mod 1 map { 0 : 10.244.1.5 . 1053 }"],
    "service dns-tcp": [expect.stringContaining("{ 0 : 10.244.1.5 . 2053 }")],
  });
  expect(elements).toContain("no-endpoint-services: 10.96.0.7 . sctp . 5000 -> goto reject-chain");
});

test("a Service of two families has rules in both", () => {
  const dual = service({ clusterIPs: ["10.96.0.7", "fd00::7"], ipFamilies: ["IPv4", "IPv6"] });
  const six = slice([], { addressType: "IPv6", endpoints: [{ addresses: ["FD00:1:0::5"], nodeName: "node-b" }] });
  const { chains, elements } = rules(dual, [TWO, six], { family: "IPv6" });
  expect(chains.service).toEqual([`${TCP} dnat ip6 addr . port to numgen random mod 1 map { 0 : fd00:1::5 . 8080 }`]);
  expect(elements).toContain("service-ips: fd00::7 . tcp . 80 -> goto service");
});

test.each([
  { why: "headless", one: service({ clusterIP: "None", clusterIPs: ["None"] }) },
  { why: "a name elsewhere", one: service({ type: "ExternalName", clusterIP: "", clusterIPs: [] }) },
  { why: "of another family", one: service({ clusterIP: "fd00::7", clusterIPs: ["fd00::7"], ipFamilies: ["IPv6"] }) },
  {
    why: "another proxy's",
    one: { ...service({}), metadata: { name: "web", labels: { "service.kubernetes.io/service-proxy-name": "x" } } },
  },
])("a Service that is $why has no rules", ({ one }) => {
  expect(serviceState(one, [TWO], SETTINGS)).toBeUndefined();
});

test("an address in two slices is that of the Pod that stays", () => {
  const going = slice([], {
    endpoints: [{ addresses: ["10.244.1.5"], conditions: { ready: false, serving: true, terminating: true } }],
  });
  for (const slices of [
    [going, slice(["10.244.1.5"])],
    [slice(["10.244.1.5"]), going],
  ]) {
    expect(rules(service({}), slices).chains.service).toEqual([expect.stringContaining("mod 1")]);
  }
});

test("load balancers may ask at the Service's own port how many endpoints are here", () => {
  const checked = service({ ...BALANCED, externalTrafficPolicy: "Local", healthCheckNodePort: 32100 });
  const state = serviceState(checked, [slice(["10.244.0.5@node-a", "10.244.0.6@node-a", "10.244.1.5"])], SETTINGS);
  expect(state).toMatchObject({ healthCheckNodePort: 32100, localEndpoints: 2 });
});
