import { readFileSync } from "node:fs";
import { Agent, request } from "undici";
import { durationMs } from "../../client/index.ts";
import type { Node, Pod } from "../../openapi/api/core.v1.ts";
import type { ExtenderConfiguration } from "../config/types.ts";
import type { Candidate } from "../framework.ts";
import type { NodeInfo } from "../node-info.ts";
import { readBindingResult, readFilterResult, readPreemptionResult, readPriorities } from "./answers.ts";

const DEFAULT_TIMEOUT_MS = 5000;
/** Extenders score from 0 to 10, plugins from 0 to 100. (MaxExtenderPriority) */
const SCORE_SCALE = 10;

/** What an extender left of the nodes, and why the others are no place for the Pod. */
export interface Filtered {
  readonly nodes: readonly NodeInfo[];
  readonly failed: ReadonlyMap<string, string>;
  /** No preemption would help there. */
  readonly unresolvable: ReadonlyMap<string, string>;
}

/** A program beside the scheduler that has a say in where Pods go, by HTTP. All its calls may throw an Error. */
export interface Extender {
  /** Its URL. */
  readonly name: string;
  /** Scheduling goes on without it when it fails. */
  readonly isIgnorable: boolean;
  readonly filters: boolean;
  readonly prioritizes: boolean;
  readonly preempts: boolean;
  readonly binds: boolean;
  /** Whether the Pod asks for a resource that is its own. */
  isInterested(pod: Pod): boolean;
  filter(pod: Pod, nodes: readonly NodeInfo[]): Promise<Filtered>;
  /** @returns scores on the scale of plugins, weighted, by node */
  prioritize(pod: Pod, nodes: readonly NodeInfo[]): Promise<ReadonlyMap<string, number>>;
  preempt(pod: Pod, candidates: readonly Candidate[]): Promise<Candidate[]>;
  bind(pod: Pod, node: string): Promise<void>;
  close(): Promise<void>;
}

const nodeList = (nodes: readonly NodeInfo[]) => ({ metadata: {}, items: nodes.map(({ node }): Node => node) });

/** Follows pkg/scheduler/extender.go and kube-scheduler/extender/v1. */
export function createExtender(config: ExtenderConfiguration): Extender {
  const { urlPrefix: url, filterVerb, prioritizeVerb, preemptVerb, bindVerb, nodeCacheCapable, ignorable } = config;
  const timeout = (config.httpTimeout ? durationMs(config.httpTimeout) : 0) || DEFAULT_TIMEOUT_MS;
  const agent = new Agent({ connect: tlsOptions(config) });
  const managed = new Set(config.managedResources?.map(({ name }) => name));

  async function send(verb: string, args: unknown): Promise<unknown> {
    const address = `${url.replace(/\/+$/, "")}/${verb}`;
    let answer: Awaited<ReturnType<typeof request>>;
    try {
      answer = await request(address, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(args),
        dispatcher: agent,
        signal: AbortSignal.timeout(timeout),
      });
    } catch (error) {
      throw new Error(`Post "${address}": ${error instanceof Error ? error.message : error}`, { cause: error });
    }
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      throw new Error(`failed ${verb} with extender at URL ${address}, code ${answer.statusCode}`);
    }
    return answer.body.json();
  }

  /** Nodes as the extender wants them: whole, or by name when it watches nodes itself. */
  const nodesArgs = (nodes: readonly NodeInfo[]) =>
    nodeCacheCapable
      ? { Nodes: null, NodeNames: nodes.map(({ name }) => name) }
      : { Nodes: nodeList(nodes), NodeNames: null };

  return {
    name: url,
    isIgnorable: ignorable ?? false,
    filters: Boolean(filterVerb),
    prioritizes: Boolean(prioritizeVerb),
    preempts: Boolean(preemptVerb),
    binds: Boolean(bindVerb),
    isInterested({ spec }) {
      if (!managed.size) return true;
      return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].some(({ resources }) =>
        Object.keys({ ...resources?.requests, ...resources?.limits }).some((name) => managed.has(name)),
      );
    },
    async filter(pod, nodes) {
      if (!filterVerb) return { nodes, failed: new Map(), unresolvable: new Map() };
      const result = readFilterResult(await send(filterVerb, { Pod: pod, ...nodesArgs(nodes) }));
      if (result.error) throw new Error(result.error);
      const byName = new Map(nodes.map((node) => [node.name, node]));
      const left = (nodeCacheCapable ? (result.nodeNames ?? result.nodes) : result.nodes) ?? [];
      return {
        failed: result.failed,
        unresolvable: result.unresolvable,
        nodes: left.map((name) => {
          const node = byName.get(name);
          if (node) return node;
          throw new Error(
            `extender "${url}" claims a filtered node "${name}" which is not found in the input node list`,
          );
        }),
      };
    },
    async prioritize(pod, nodes) {
      if (!prioritizeVerb) return new Map();
      const answer = await send(prioritizeVerb, { Pod: pod, ...nodesArgs(nodes) });
      const weight = (config.weight ?? 0) * SCORE_SCALE;
      return new Map(readPriorities(answer).map(({ host, score }) => [host, score * weight]));
    },
    async preempt(pod, candidates) {
      if (!preemptVerb)
        throw new Error(`preempt verb is not defined for extender ${url} but run into ProcessPreemption`);
      const victims = (toPod: (victim: Pod) => unknown) =>
        Object.fromEntries(
          candidates.map((one) => [
            one.node.name,
            { Pods: one.victims.map(toPod), NumPDBViolations: one.budgetViolations },
          ]),
        );
      const answer = await send(preemptVerb, {
        Pod: pod,
        NodeNameToVictims: nodeCacheCapable ? null : victims((victim) => victim),
        NodeNameToMetaVictims: nodeCacheCapable ? victims(({ metadata }) => ({ UID: metadata.uid })) : null,
      });
      const nodes = new Map(candidates.map(({ node }) => [node.name, node]));
      return readPreemptionResult(answer).map(({ node: name, uids, budgetViolations }) => {
        const node = nodes.get(name);
        if (!node) throw new Error(`nodeinfo not found for node name "${name}"`);
        const chosen = uids.map((uid) => {
          const info = node.pods.get(uid);
          if (info) return info.pod;
          throw new Error(
            `extender: ${url} claims to preempt pod (UID: ${uid}) on node: ${name}, but the pod is not found on that node`,
          );
        });
        return { node, victims: chosen, budgetViolations };
      });
    },
    async bind(pod, node) {
      const { name: PodName, namespace: PodNamespace, uid: PodUID } = pod.metadata;
      const error = readBindingResult(await send(bindVerb ?? "", { PodName, PodNamespace, PodUID, Node: node }));
      if (error) throw new Error(error);
    },
    close: () => agent.close(),
  };
}

/** Without an authority to check the extender by, it is not checked. (makeTransport) */
function tlsOptions({ enableHTTPS, tlsConfig = {} }: ExtenderConfiguration) {
  const { insecure, serverName, certFile, keyFile, caFile, certData, keyData, caData } = tlsConfig;
  const pem = (data: string | undefined, file: string | undefined) =>
    data ? Buffer.from(data, "base64") : file ? readFileSync(file) : undefined;
  const ca = pem(caData, caFile);
  const cert = pem(certData, certFile);
  const key = pem(keyData, keyFile);
  return {
    ...(ca && { ca, allowPartialTrustChain: true }), // as Go, which trusts even what is no authority
    ...(cert && { cert }),
    ...(key && { key }),
    ...(serverName && { servername: serverName }),
    rejectUnauthorized: !(insecure || (enableHTTPS && !ca)),
  };
}
