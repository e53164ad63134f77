import type { Authorizer, Decision } from "./authorizer.ts";
import {
  alwaysAllowAuthorizer,
  alwaysDenyAuthorizer,
  authorizerUnion,
  privilegedGroupAuthorizer,
  ruleResolverUnion,
} from "./authorizer-union.ts";
import { nodeRules } from "./bootstrap-policy/policy.ts";
import { nodeAuthorizer } from "./node/node-authorizer.ts";
import { followNodes, NodeGraph } from "./node/node-graph.ts";
import type { ObjectWatch } from "./object-watch.ts";
import { type EscalationCheck, escalationCheck } from "./rbac/escalation.ts";
import { rbacAuthorizer } from "./rbac/rbac.ts";
import { followRoles, RoleIndex } from "./rbac/role-index.ts";
import type { RuleResolver } from "./rule-resolver.ts";

/** `--authorization-mode` */
export type AuthorizationMode = "AlwaysAllow" | "AlwaysDeny" | "Node" | "RBAC" | "Webhook";

export interface AuthorizationOptions {
  /** In the order of asking. */
  readonly authorizers: readonly ConfiguredAuthorizer[];
  readonly watch: ObjectWatch;
  /** Told of each decision that an authorizer made for good. */
  readonly onDecision?: (authorizer: ConfiguredAuthorizer, decision: "allow" | "deny") => void;
}

export interface ConfiguredAuthorizer {
  readonly type: AuthorizationMode;
  /** For metrics. */
  readonly name: string;
  /** Of type Webhook. */
  readonly webhook?: Authorizer & RuleResolver;
}

/** A running set of authorizers. */
export interface Authorization {
  readonly authorizer: Authorizer;
  readonly ruleResolver: RuleResolver;
  readonly escalation: EscalationCheck;
  stop(): void;
}

/** system:masters first, then the authorizers in order. (pkg/kubeapiserver/authorizer/config.go) @throws Error */
export function createAuthorization({ authorizers, watch, onDecision }: AuthorizationOptions): Authorization {
  // Roles are followed in every mode: writing them is guarded even where they decide nothing.
  const index = new RoleIndex();
  const stops = [followRoles(index, watch)];
  const all = authorizers.map(({ type, webhook }): Authorizer & RuleResolver => {
    switch (type) {
      case "AlwaysAllow":
        return alwaysAllowAuthorizer;
      case "AlwaysDeny":
        return alwaysDenyAuthorizer;
      case "RBAC":
        return rbacAuthorizer(index);
      case "Node": {
        const graph = new NodeGraph();
        stops.push(followNodes(graph, watch));
        return nodeAuthorizer(graph, nodeRules());
      }
      case "Webhook": {
        if (webhook) return webhook;
        throw new Error("authorization mode Webhook needs --authorization-webhook-config-file");
      }
      default:
        throw new Error(`unknown authorization mode ${type satisfies never}`);
    }
  });
  const told = onDecision
    ? all.map((each, i) => observed(each, (decision) => onDecision(authorizers[i]!, decision)))
    : all;
  const authorizer = authorizerUnion([privilegedGroupAuthorizer, ...told]);
  return {
    authorizer,
    ruleResolver: ruleResolverUnion(all),
    escalation: escalationCheck(index, authorizer),
    stop() {
      for (const stop of stops.splice(0)) stop();
    },
  };
}

/** The same authorizer, with its last words overheard. */
function observed(authorizer: Authorizer, onDecision: (decision: "allow" | "deny") => void): Authorizer {
  const note = (answer: Decision) => {
    if (answer.decision !== "no-opinion") onDecision(answer.decision);
    return answer;
  };
  return {
    name: authorizer.name,
    authorize(attributes) {
      const answer = authorizer.authorize(attributes);
      return answer instanceof Promise ? answer.then(note) : note(answer);
    },
  };
}
