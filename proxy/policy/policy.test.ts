import { expect, test } from "vitest";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { NetworkPolicy, NetworkPolicySpec } from "../../openapi/api/networking.k8s.io.v1.ts";
import { isolation } from "./isolation.ts";
import { type PolicyPod, policyPod } from "./policy-pod.ts";
import { type PolicyWorld, policyRules } from "./policy-rules.ts";

/** `namespace/app@node`, with a port named `http` of the number given. */
function pod(word: string, index: number): PolicyPod {
  const [, namespace = "", app = "", node = "", port] = /^(\w+)\/(\w+)@(\w+)(?::(\d+))?$/.exec(word) ?? [];
  return {
    namespace,
    name: `${app}-${index}`,
    node,
    labels: { app },
    addresses: { IPv4: `10.244.0.${index + 1}` },
    ports: port ? [{ name: "http", protocol: "TCP", port: Number(port) }] : [],
  };
}

const WORLD: PolicyWorld = {
  family: "IPv4",
  pods: ["one/web@a:80", "one/web@b:8080", "one/db@a", "two/web@a:80", "two/db@b"].map(pod),
  namespaces: new Map([
    ["one", { team: "red" }],
    ["two", { team: "blue" }],
  ]),
};

const policy = (spec: Partial<NetworkPolicySpec>, name = "p"): NetworkPolicy => ({
  metadata: { namespace: "one", name },
  spec: { podSelector: { matchLabels: { app: "web" } }, ...spec },
});

/** Rules with the members of sets in their place. */
function readable(one: NetworkPolicy, world = WORLD): Record<string, string[]> {
  const { chains, sets, elements } = policyRules(one, world);
  const members = new Map(sets.map(({ name }) => [name, elements.filter(({ container }) => container === name)]));
  return Object.fromEntries(
    chains.map(({ name, rules }) => [
      name.split("-")[0],
      rules.map((rule) =>
        rule.replaceAll(
          /@(\S+)/g,
          (_, set: string) => `{${(members.get(set) ?? []).map(({ key }) => key).join(", ")}}`,
        ),
      ),
    ]),
  );
}

test.each<{ what: string; from?: object[]; ports?: object[]; rules: string[] }>([
  { what: "everything", rules: ["accept"] },
  {
    what: "Pods of its own namespace",
    from: [{ podSelector: { matchLabels: { app: "db" } } }],
    rules: ["ip saddr {10.244.0.3} accept"],
  },
  {
    what: "all Pods of other namespaces",
    from: [{ namespaceSelector: { matchLabels: { team: "blue" } } }],
    rules: ["ip saddr {10.244.0.4, 10.244.0.5} accept"],
  },
  {
    what: "some Pods of all namespaces",
    from: [
      { namespaceSelector: {}, podSelector: { matchExpressions: [{ key: "app", operator: "In", values: ["db"] }] } },
    ],
    rules: ["ip saddr {10.244.0.3, 10.244.0.5} accept"],
  },
  {
    what: "nobody, as nobody matches",
    from: [{ podSelector: { matchLabels: { app: "none" } } }],
    rules: ["ip saddr {} accept"],
  },
  {
    what: "a range with a hole",
    from: [
      { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16", "10.2.0.0/16"] } },
      { ipBlock: { cidr: "fd00::/8" } },
    ],
    rules: ["ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16 ip saddr != 10.2.0.0/16 accept"],
  },
  {
    what: "ports, ranges and protocols",
    ports: [
      { port: 80 },
      { port: 1000, endPort: 2000, protocol: "TCP" },
      { protocol: "UDP" },
      { protocol: "UDP", port: 53 },
    ],
    rules: ["meta l4proto tcp th dport { 80, 1000-2000 } accept", "meta l4proto udp accept"],
  },
  {
    what: "a port by its name, which is another number on each Pod",
    ports: [{ port: "http" }],
    rules: ["ip daddr . meta l4proto . th dport {10.244.0.1 . tcp . 80, 10.244.0.2 . tcp . 8080} accept"],
  },
  {
    what: "each peer at each port",
    from: [{ podSelector: { matchLabels: { app: "db" } } }, { ipBlock: { cidr: "192.0.2.0/24" } }],
    ports: [{ port: 80 }, { port: "http" }],
    rules: [
      "ip saddr 192.0.2.0/24 meta l4proto tcp th dport { 80 } accept",
      "ip saddr 192.0.2.0/24 ip daddr . meta l4proto . th dport {10.244.0.1 . tcp . 80, 10.244.0.2 . tcp . 8080} accept",
      "ip saddr {10.244.0.3} meta l4proto tcp th dport { 80 } accept",
      "ip saddr {10.244.0.3} ip daddr . meta l4proto . th dport {10.244.0.1 . tcp . 80, 10.244.0.2 . tcp . 8080} accept",
    ],
  },
])("a policy lets in $what", ({ from, ports, rules }) => {
  const rule = { ...(from && { from }), ...(ports && { ports }) };
  expect(readable(policy({ policyTypes: ["Ingress"], ingress: [rule] }))).toEqual({ ingress: rules });
});

test("what a policy lets out must still be let in by the receiver's", () => {
  const to = [{ namespaceSelector: { matchLabels: { team: "blue" } } }];
  expect(readable(policy({ policyTypes: ["Egress"], egress: [{ to, ports: [{ port: "http" }] }] }))).toEqual({
    egress: [
      "ip daddr {10.244.0.4, 10.244.0.5} ip daddr . meta l4proto . th dport {10.244.0.4 . tcp . 80} goto ingress",
    ],
  });
});

test("a name of a port to anywhere is that of any Pod", () => {
  expect(readable(policy({ policyTypes: ["Egress"], egress: [{ ports: [{ port: "http" }] }] })).egress).toEqual([
    "ip daddr . meta l4proto . th dport {10.244.0.1 . tcp . 80, 10.244.0.2 . tcp . 8080, 10.244.0.4 . tcp . 80} goto ingress",
  ]);
});

test("no rules let nothing through; without types it isolates the ways it has rules for", () => {
  expect(readable(policy({ policyTypes: ["Ingress", "Egress"] }))).toEqual({ ingress: [], egress: [] });
  expect(Object.keys(readable(policy({})))).toEqual(["ingress"]);
  expect(Object.keys(readable(policy({ egress: [{}] })))).toEqual(["ingress", "egress"]);
});

/** Who is isolated, by address, and by which policies. */
function isolated(policies: readonly NetworkPolicy[], node: string) {
  const { chains, elements } = isolation(policies, node, WORLD);
  const short = (text: string) => text.replaceAll(/-[A-Z2-7]{8}-one\//g, " ");
  const rules = new Map(chains.map(({ name, rules }) => [`goto ${name}`, rules.map(short)]));
  return elements.map(({ container, key, value }) => [container, key, ...(rules.get(value ?? "") ?? [])]);
}

test("only Pods of the node that a policy selects are isolated, and may talk to themselves", () => {
  const db = policy({ policyTypes: ["Ingress"], podSelector: { matchLabels: { app: "db" } } }, "db");
  const all = policy({ policyTypes: ["Ingress", "Egress"], podSelector: {} }, "all");
  expect(isolated([db, all], "a")).toEqual([
    ["ingress-pods", "10.244.0.3", "jump ingress db", "jump ingress all", "drop"],
    ["ingress-pods", "10.244.0.1", "jump ingress all", "drop"],
    ["egress-pods", "10.244.0.1", "jump egress all", "drop"],
    ["egress-pods", "10.244.0.3", "jump egress all", "drop"],
    ["selves", "10.244.0.3 . 10.244.0.3"],
    ["selves", "10.244.0.1 . 10.244.0.1"],
  ]);
  expect(isolated([db], "b")).toEqual([]);
});

const running = { phase: "Running", podIP: "10.244.0.9", podIPs: [{ ip: "10.244.0.9" }, { ip: "FD00:0::9" }] };
test.each<{ what: string; spec?: object; status?: object; isThere: boolean }>([
  { what: "runs", status: running, isThere: true },
  { what: "has no address yet", status: { phase: "Pending" }, isThere: false },
  { what: "has ended", status: { ...running, phase: "Failed" }, isThere: false },
  { what: "has the node's address", spec: { hostNetwork: true }, status: running, isThere: false },
])("a Pod that $what is one for policies: $isThere", ({ spec = {}, status, isThere }) => {
  const containers = [{ name: "c", ports: [{ name: "http", containerPort: 80 }, { containerPort: 81 }] }];
  const one = { metadata: { namespace: "one", name: "x" }, spec: { containers, ...spec }, status } as unknown as Pod;
  expect(policyPod(one)).toEqual(
    isThere
      ? {
          namespace: "one",
          name: "x",
          node: "",
          labels: {},
          addresses: { IPv4: "10.244.0.9", IPv6: "fd00::9" },
          ports: [{ name: "http", protocol: "TCP", port: 80 }],
        }
      : undefined,
  );
});
