import { expect, test } from "vitest";
import { ingress } from "./ingress.ts";
import { ingressClass } from "./ingress-class.ts";
import { ipAddress } from "./ip-address.ts";
import { networkPolicy } from "./network-policy.ts";
import { serviceCIDR } from "./service-cidr.ts";

// Validation of these kinds reads nothing of the request.
const context = {} as never;
const definitions = { ingress, ingressClass, ipAddress, networkPolicy, serviceCIDR };
const backend = { service: { name: "s", port: { number: 80 } } };
const path = (more: object) => ({
  rules: [{ http: { paths: [{ path: "/", pathType: "Prefix", backend, ...more }] } }],
});
const from = (peer: object) => ({ podSelector: {}, ingress: [{ from: [peer] }] });
const port = (more: object) => ({ podSelector: {}, ingress: [{ ports: [more] }] });

test.each<[keyof typeof definitions, object, string[]]>([
  ["ingress", { defaultBackend: backend }, []],
  ["ingress", {}, ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"]],
  ["ingress", path({ path: "a" }), ['spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path']],
  [
    "ingress",
    path({ path: "/a/.." }),
    [`spec.rules[0].http.paths[0].path: Invalid value: "/a/..": cannot end with '/..'`],
  ],
  [
    "ingress",
    path({ pathType: undefined }),
    ["spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"],
  ],
  [
    "ingress",
    { defaultBackend: { service: { name: "s", port: {} } } },
    ["spec.defaultBackend: Required value: port name or number is required"],
  ],
  [
    "ingressClass",
    { controller: "example.com/c", parameters: { kind: "P", name: "p", scope: "Namespace" } },
    ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
  ],
  ["networkPolicy", from({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }), []],
  [
    "networkPolicy",
    from({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.0.0.0/8"] } }),
    ['spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`'],
  ],
  ["networkPolicy", from({}), ["spec.ingress[0].from[0]: Required value: must specify a peer"]],
  [
    "networkPolicy",
    port({ port: 9, endPort: 8, protocol: "TCP" }),
    ["spec.ingress[0].ports[0].endPort: Invalid value: 9: must be greater than or equal to `port`"],
  ],
  ["ipAddress", { parentRef: { resource: "services", name: "x" } }, []],
  ["ipAddress", {}, ["spec.parentRef: Required value"]],
  ["serviceCIDR", { cidrs: ["10.0.0.0/24", "fd00::/112"] }, []],
  ["serviceCIDR", {}, ["spec.cidrs: Required value: at least one CIDR required"]],
])("%s with %j is judged", (kind, spec, expected) => {
  const object = { metadata: { name: "m" }, spec };
  const errors = definitions[kind].validate?.(object as never, context) ?? [];
  expect(errors.map((error) => error.message())).toEqual(expected);
});

test.each([
  [["10.0.0.0/24"], ["10.0.0.0/24", "fd00::/112"], []],
  [["10.0.0.0/24"], ["10.0.1.0/24"], ['spec.cidrs[0]: Invalid value: "10.0.1.0/24": field is immutable']],
  [["10.0.0.0/24", "fd00::/112"], ["10.0.0.0/24"], ['spec.cidrs: Invalid value: ["10.0.0.0/24"]: field is immutable']],
])("a ServiceCIDR of %j becomes %j", (before, after, expected) => {
  const make = (cidrs: string[]) => ({ metadata: {}, spec: { cidrs }, status: {} });
  const errors = serviceCIDR.validateUpdate?.(make(after), make(before), context) ?? [];
  expect(errors.map((error) => error.message())).toEqual(expected);
});

test("a NetworkPolicy with egress rules is about egress too", () => {
  const object = { metadata: {}, spec: { podSelector: {}, egress: [{ ports: [{ port: 53 }] }] } };
  networkPolicy.defaults?.(object);
  expect(object.spec).toEqual({
    podSelector: {},
    egress: [{ ports: [{ port: 53, protocol: "TCP" }] }],
    policyTypes: ["Ingress", "Egress"],
  });
});
