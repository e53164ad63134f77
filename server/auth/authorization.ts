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
  /**
   * Lets these decide from now on.
   * @throws Error for Node or RBAC where the start had none: what they go by is followed from the start or never
   */
  replace(authorizers: readonly ConfiguredAuthorizer[]): void;
  stop(): void;
}

/** system:masters first, then the authorizers in order. (pkg/kubeapiserver/authorizer/config.go) @throws Error */
export function createAuthorization({ authorizers, watch, onDecision }: AuthorizationOptions): Authorization {
  // Roles are followed in every mode: writing them is guarded even where they decide nothing.
  const index = new RoleIndex();
  const stops = [followRoles(index, watch)];
  const own = ownAuthorizers(authorizers, index, watch, stops);
  let current = deciding(authorizers, own, onDecision);
  const authorizer: Authorizer = {
    name: "authorizers",
    authorize: (attributes) => current.authorizer.authorize(attributes),
  };
  return {
    authorizer,
    ruleResolver: { rulesFor: (user, namespace) => current.ruleResolver.rulesFor(user, namespace) },
    escalation: escalationCheck(index, authorizer),
    replace(next) {
      current = deciding(next, own, onDecision);
    },
    stop() {
      for (const stop of stops.splice(0)) stop();
    },
  };
}

type OwnAuthorizers = ReadonlyMap<AuthorizationMode, Authorizer & RuleResolver>;

/** Those that follow objects, as far as they are wanted. */
function ownAuthorizers(
  authorizers: readonly ConfiguredAuthorizer[],
  index: RoleIndex,
  watch: ObjectWatch,
  stops: (() => void)[],
): OwnAuthorizers {
  const own = new Map<AuthorizationMode, Authorizer & RuleResolver>([
    ["AlwaysAllow", alwaysAllowAuthorizer],
    ["AlwaysDeny", alwaysDenyAuthorizer],
  ]);
  const isWanted = (type: AuthorizationMode) => authorizers.some((each) => each.type === type);
  if (isWanted("RBAC")) own.set("RBAC", rbacAuthorizer(index));
  if (isWanted("Node")) {
    const graph = new NodeGraph();
    stops.push(followNodes(graph, watch));
    own.set("Node", nodeAuthorizer(graph, nodeRules()));
  }
  return own;
}

function deciding(
  authorizers: readonly ConfiguredAuthorizer[],
  own: OwnAuthorizers,
  onDecision: AuthorizationOptions["onDecision"],
): Pick<Authorization, "authorizer" | "ruleResolver"> {
  const all = authorizers.map(({ type, webhook }) => {
    const found = type === "Webhook" ? webhook : own.get(type);
    if (found) return found;
    if (type === "Webhook") throw new Error("authorization mode Webhook needs --authorization-webhook-config-file");
    throw new Error(`authorizer type ${type} is not allowed if it was not enabled at initial server startup`);
  });
  const told = onDecision
    ? all.map((each, i) => observed(each, (decision) => onDecision(authorizers[i]!, decision)))
    : all;
  return { authorizer: authorizerUnion([privilegedGroupAuthorizer, ...told]), ruleResolver: ruleResolverUnion(all) };
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
