import type { PolicyRule } from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { parseFieldSelector, requiredFieldValue } from "../../meta/fields.ts";
import { goQuote } from "../../meta/go-quote.ts";
import type { UserInfo } from "../authenticator.ts";
import type { Attributes, Authorizer, Decision } from "../authorizer.ts";
import { ruleAllows } from "../rbac/policy-rule.ts";
import type { RuleResolver } from "../rule-resolver.ts";
import { NODE_USER_PREFIX, SYSTEM_NODES } from "../well-known.ts";
import type { NodeGraph, RelatedResource } from "./node-graph.ts";

const ALLOW: Decision = { decision: "allow", reason: "" };
const no = (reason: string): Decision => ({ decision: "no-opinion", reason });
const NO_OPINION = no("");

/** The node that a user is; "" when it is one but has no name; undefined when it is none. (pkg/auth/nodeidentifier) */
export function nodeNameOf({ name, groups }: UserInfo): string | undefined {
  if (!name.startsWith(NODE_USER_PREFIX) || !groups.includes(SYSTEM_NODES)) return undefined;
  return name.slice(NODE_USER_PREFIX.length);
}

/**
 * Node agents see what their own Pods need, and nothing else. (plugin/pkg/auth/authorizer/node)
 * @param rules of the ClusterRole system:node: what all nodes may do alike
 */
export function nodeAuthorizer(graph: NodeGraph, rules: readonly PolicyRule[]): Authorizer & RuleResolver {
  return {
    name: "Node",
    authorize(attributes) {
      const node = nodeNameOf(attributes.user);
      if (node === undefined) return NO_OPINION;
      if (!node) return no(`unknown node for user ${goQuote(attributes.user.name)}`);
      const check = attributes.resourceRequest && CHECKS[`${attributes.group}/${attributes.resource}`];
      if (check) return check(new Request(graph, node, attributes));
      return rules.some((rule) => ruleAllows(attributes, rule)) ? ALLOW : NO_OPINION;
    },
    rulesFor: (user) =>
      nodeNameOf(user) === undefined
        ? { resourceRules: [], nonResourceRules: [], incomplete: false, error: "" }
        : {
            resourceRules: [],
            nonResourceRules: [],
            incomplete: true,
            error: "node authorizer does not support user rule resolution",
          },
  };
}

/** One question of a node, with the answers that several resources share. */
class Request {
  readonly #graph: NodeGraph;
  readonly node: string;
  readonly attributes: Attributes;

  constructor(graph: NodeGraph, node: string, attributes: Attributes) {
    this.#graph = graph;
    this.node = node;
    this.attributes = attributes;
  }

  /** The object is tied to the node. */
  related(): Decision {
    const { name } = this.attributes;
    return name ? this.relatedByName() : no("No Object name found");
  }

  relatedByName(): Decision {
    const { resource, namespace, name } = this.attributes;
    // CHECKS calls this only for resources that the graph knows.
    const known = this.#graph.isRelated(this.node, resource as RelatedResource, namespace, name);
    return known ? ALLOW : no(`no relationship found between node '${this.node}' and this object`);
  }

  get(): Decision {
    const { verb, subresource } = this.attributes;
    if (verb !== "get") return no("can only get individual resources of this type");
    return subresource ? no("cannot get subresource") : this.related();
  }

  read(): Decision {
    const { verb, subresource, namespace } = this.attributes;
    if (!["get", "list", "watch"].includes(verb)) return no("can only read resources of this type");
    if (subresource) return no("cannot read subresource");
    return namespace ? this.related() : no("can only read namespaced object of this type");
  }

  /** The field selector fixes `field` to the node's name. */
  selectsOwn(field: string): boolean {
    const { fieldSelector } = this.attributes;
    if (!fieldSelector) return false;
    try {
      return requiredFieldValue(parseFieldSelector(fieldSelector), field) === this.node;
    } catch {
      return false;
    }
  }

  /** An object that carries the node's own name. Its name is not known on create: NodeRestriction looks at it then. */
  own(message: string): Decision {
    const { verb, name } = this.attributes;
    return verb === "create" || name === this.node ? ALLOW : no(message);
  }
}

const WRITES = ["get", "create", "update", "patch", "delete"];

/** What is not the same for all nodes, by group/resource. */
const CHECKS: Readonly<Record<string, (request: Request) => Decision>> = {
  "/secrets": (request) => request.read(),
  "/configmaps": (request) => request.read(),
  "/persistentvolumes": (request) => request.get(),
  "resource.k8s.io/resourceclaims": (request) => request.get(),
  "storage.k8s.io/volumeattachments": (request) => request.get(),
  "/persistentvolumeclaims"(request) {
    const { verb, subresource } = request.attributes;
    if (subresource !== "status") return request.get();
    if (verb !== "update" && verb !== "patch") return no("can only get/update/patch this type");
    return request.related();
  },
  "/serviceaccounts"(request) {
    const { verb, subresource, name } = request.attributes;
    if (verb === "get" && !subresource) return request.read();
    if (verb !== "create" || !name) return no("can only create tokens for individual service accounts");
    if (subresource !== "token") return no("can only create token subresource of serviceaccount");
    return request.relatedByName();
  },
  "coordination.k8s.io/leases"(request) {
    const { verb, namespace } = request.attributes;
    if (!WRITES.includes(verb)) return no("can only get, create, update, patch, or delete a node lease");
    if (namespace !== "kube-node-lease") return no('can only access leases in the "kube-node-lease" system namespace');
    return request.own("can only access node lease with the same name as the requesting node");
  },
  "storage.k8s.io/csinodes"(request) {
    const { verb, subresource } = request.attributes;
    if (!WRITES.includes(verb)) return no("can only get, create, update, patch, or delete a CSINode");
    if (subresource) return no("cannot authorize CSINode subresources");
    return request.own("can only access CSINode with the same name as the requesting node");
  },
  "resource.k8s.io/resourceslices"(request) {
    const { verb, subresource } = request.attributes;
    if (subresource) return no("cannot authorize ResourceSlice subresources");
    switch (verb) {
      case "create":
        return ALLOW;
      case "get":
      case "update":
      case "patch":
      case "delete":
        return request.related();
      case "watch":
      case "list":
      case "deletecollection":
        if (request.selectsOwn("spec.nodeName")) return ALLOW;
        return no("can only list/watch/deletecollection resourceslices with nodeName field selector");
      default:
        return no(
          "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection",
        );
    }
  },
  "/nodes"({ node, attributes: { verb, subresource, name } }) {
    if (subresource === "status") return verb === "update" || verb === "patch" ? ALLOW : NO_OPINION;
    if (subresource) return NO_OPINION;
    if (["create", "update", "patch"].includes(verb)) return ALLOW;
    if (!["get", "list", "watch"].includes(verb)) return NO_OPINION;
    if (name === node) return ALLOW;
    if (!name) return no(`node '${node}' cannot read all nodes, only its own Node object`);
    return no(`node '${node}' cannot read '${name}', only its own Node object`);
  },
  "/pods"(request) {
    const { verb, subresource, name } = request.attributes;
    if (subresource === "status") return verb === "update" || verb === "patch" ? ALLOW : NO_OPINION;
    if (subresource === "eviction") return verb === "create" ? ALLOW : NO_OPINION;
    if (subresource) return NO_OPINION;
    switch (verb) {
      case "get":
        return request.get();
      case "list":
      case "watch":
        if (request.selectsOwn("spec.nodeName")) return ALLOW;
        return name ? request.related() : no("can only list/watch pods with spec.nodeName field selector");
      case "create":
      case "delete":
        return ALLOW;
      default:
        return NO_OPINION;
    }
  },
  // Behind a feature gate that is off by default.
  "certificates.k8s.io/podcertificaterequests": () => NO_OPINION,
};
