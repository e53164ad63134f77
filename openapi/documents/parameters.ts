/**
 * Query and path parameters of operations. Their descriptions are upstream's where the typings have them, else ours;
 * names and types are upstream's.
 */
import { parameterDescription } from "./operation-descriptions.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly type: "string" | "boolean" | "integer";
  readonly description: string;
  readonly required?: true;
}

type Row = readonly [name: string, type: Parameter["type"], description: string];

/** @param request whose parameters the typings describe */
const query = (request: string, rows: readonly Row[]): Parameter[] =>
  rows.map(([name, type, description]) => ({
    name,
    in: "query",
    type,
    // Looked up when a document is made: reading the typings is not for the start.
    get description() {
      return parameterDescription(request, name) ?? description;
    },
  }));

const SELECT: readonly Row[] = [
  ["continue", "string", "Token of the page before, to go on with the next one."],
  ["fieldSelector", "string", "Only objects whose fields match."],
  ["labelSelector", "string", "Only objects whose labels match."],
  ["limit", "integer", "Most objects in one page."],
  ["resourceVersion", "string", "State to read from; its meaning depends on resourceVersionMatch."],
  ["resourceVersionMatch", "string", "How resourceVersion is applied to a list: Exact or NotOlderThan."],
  ["sendInitialEvents", "boolean", "Begin a watch with the objects there are, then a bookmark."],
  ["shardSelector", "string", "Only objects of one shard."],
  ["timeoutSeconds", "integer", "Ends the call after so many seconds."],
];
const WRITE: readonly Row[] = [
  ["dryRun", "string", "All: go through every step but do not store the result."],
  ["fieldManager", "string", "Name under which the changed fields are recorded."],
  ["fieldValidation", "string", "What to do about unknown and duplicate fields: Ignore, Warn or Strict."],
];

/** Of create and update. */
export const WRITE_PARAMETERS = query("CreateNamespacedPod", WRITE);
/** Of patch. */
export const PATCH_PARAMETERS = query("PatchNamespacedPod", [
  ...WRITE,
  ["force", "boolean", "Apply only: take over fields that other managers own."],
]);
/** Of delete. */
export const DELETE_PARAMETERS = query("DeleteNamespacedPod", [
  ["dryRun", "string", "All: go through every step but delete nothing."],
  ["gracePeriodSeconds", "integer", "Seconds until the object goes; 0 is at once."],
  ["ignoreStoreReadErrorWithClusterBreakingPotential", "boolean", "Delete even what cannot be read from the store."],
  ["orphanDependents", "boolean", "Deprecated in favour of propagationPolicy: keep dependents."],
  ["propagationPolicy", "string", "What becomes of dependents: Orphan, Background or Foreground."],
]);
/** Of delete collection. */
export const DELETE_COLLECTION_PARAMETERS = [...DELETE_PARAMETERS, ...query("ListNamespacedPod", SELECT)];
/** Of list and watch. */
export const LIST_PARAMETERS = query("ListNamespacedPod", [
  ...SELECT,
  ["allowWatchBookmarks", "boolean", "Send BOOKMARK events now and then."],
  ["watch", "boolean", "Answer with a stream of changes instead of a list."],
]);
/** Of get, as upstream tells of custom resources alone. */
export const GET_PARAMETERS = LIST_PARAMETERS.filter(({ name }) => name === "resourceVersion");

const STREAMS: readonly Row[] = [
  ["container", "string", "Container of the pod; the only one when absent."],
  ["stderr", "boolean", "Connect standard error."],
  ["stdin", "boolean", "Connect standard input."],
  ["stdout", "boolean", "Connect standard output."],
  ["tty", "boolean", "Give the process a terminal."],
];
const PATH: readonly Row[] = [["path", "string", "Path of the request behind the proxy."]];

/** Of connect subresources, by the kind of their options; of a pod's log by its name. */
export const CONNECT_PARAMETERS: Readonly<Record<string, readonly Parameter[]>> = {
  PodExecOptions: query("ConnectGetNamespacedPodExec", [
    ["command", "string", "Command and arguments, one each."],
    ...STREAMS,
  ]),
  PodAttachOptions: query("ConnectGetNamespacedPodAttach", STREAMS),
  PodPortForwardOptions: query("ConnectGetNamespacedPodPortforward", [["ports", "integer", "Ports to forward."]]),
  PodProxyOptions: query("ConnectGetNamespacedPodProxy", PATH),
  NodeProxyOptions: query("ConnectGetNodeProxy", PATH),
  ServiceProxyOptions: query("ConnectGetNamespacedServiceProxy", PATH),
  log: query("ReadNamespacedPodLog", [
    ["container", "string", "Container of the pod; the only one when absent."],
    ["follow", "boolean", "Go on sending as lines are written."],
    ["insecureSkipTLSVerifyBackend", "boolean", "Do not check the node's serving certificate."],
    ["limitBytes", "integer", "Most bytes to send."],
    ["previous", "boolean", "Of the container's run before this one."],
    ["sinceSeconds", "integer", "Only lines of the last so many seconds."],
    ["stream", "string", "All, Stdout or Stderr."],
    ["tailLines", "integer", "Only so many last lines."],
    ["timestamps", "boolean", "Begin every line with its time."],
  ]),
};

export const PRETTY: Parameter = {
  name: "pretty",
  in: "query",
  type: "string",
  get description() {
    return parameterDescription("ListNamespacedPod", "pretty") ?? "true: indent the answer.";
  },
};
export const NAMESPACE = pathParameter("namespace", "Namespace of the objects.", "ListNamespacedPod");
export const PROXIED_PATH = pathParameter("path", "Path behind the proxy.", "ConnectGetNodeProxyWithPath");

/** A part of the path in braces. @param request whose parameters the typings describe */
export function pathParameter(name: string, description: string, request = ""): Parameter {
  return {
    name,
    in: "path",
    type: "string",
    get description() {
      return (request && parameterDescription(request, name)) || description;
    },
    required: true,
  };
}
