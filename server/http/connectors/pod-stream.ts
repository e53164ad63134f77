import { badRequest, forbidden, StatusError } from "../../meta/errors.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { attributesOf } from "../filters/authorization.ts";
import type { Connector, ConnectRequest } from "../handlers/connect.ts";
import { optionalBool } from "../query.ts";
import { admitConnection } from "./admit.ts";
import type { ConnectOptions } from "./connect-options.ts";
import { kubeletOf } from "./kubelet.ts";
import { containerOf, hostOf, podOf } from "./pod-container.ts";
import { proxyUpgrade } from "./upgrade-proxy.ts";

/** GET is for browsers, which cannot open a WebSocket otherwise. */
const METHODS = ["GET", "POST"];
/** API name, and kubelet's. */
const STREAMS = [
  ["stdin", "input"],
  ["stdout", "output"],
  ["stderr", "error"],
  ["tty", "tty"],
] as const;

/** pods/exec, pods/attach and pods/portforward. (pkg/registry/core/pod/rest/subresources.go) */
export function podStreams(options: ConnectOptions): Connector[] {
  return [
    command("exec", "PodExecOptions", options),
    command("attach", "PodAttachOptions", options),
    portForward(options),
  ];
}

function command(subresource: "exec" | "attach", kind: string, options: ConnectOptions): Connector {
  return {
    group: "",
    resource: "pods",
    subresource,
    methods: METHODS,
    async connect(request) {
      const { ctx, namespace, name, query } = request;
      const container = query.get("container") ?? "";
      const words = subresource === "exec" ? query.getAll("command") : [];
      const wanted = STREAMS.filter(([own]) => optionalBool(query, own));
      await admitConnection(options.admission, request, subresource, kind, {
        ...Object.fromEntries(wanted.map(([own]) => [own, true])),
        ...(container && { container }),
        ...(words.length > 0 && { command: words }),
      });
      await authorizeCreate(request);
      const pod = podOf(options.reader, namespace, name);
      const chosen = containerOf(pod, container);
      const kubelet = kubeletOf(hostOf(pod, name), options, "pods");
      const parameters = new URLSearchParams();
      for (const word of words) parameters.append("command", word);
      for (const [, kubelets] of wanted) parameters.set(kubelets, "1");
      parameters.sort();
      await proxyUpgrade(ctx, kubelet, `/${subresource}/${namespace}/${name}/${chosen}?${parameters}`);
    },
  };
}

function portForward(options: ConnectOptions): Connector {
  return {
    group: "",
    resource: "pods",
    subresource: "portforward",
    methods: METHODS,
    async connect(request) {
      const { ctx, namespace, name, query } = request;
      const ports = query.getAll("ports").flatMap((text) => text.split(",").map(port));
      await admitConnection(options.admission, request, "portforward", "PodPortForwardOptions", {
        ...(ports.length > 0 && { ports }),
      });
      await authorizeCreate(request);
      const pod = podOf(options.reader, namespace, name);
      const kubelet = kubeletOf(hostOf(pod, name), options, "pods");
      const search = ports.length > 0 ? `?${new URLSearchParams({ port: ports.join(",") })}` : "";
      await proxyUpgrade(ctx, kubelet, `/portForward/${namespace}/${name}${search}`);
    },
  };
}

function port(text: string): number {
  if (/^[-+]?\d+$/.test(text)) return Number(text);
  throw badRequest(`cannot convert to []int32: strconv.ParseUint: parsing ${goQuote(text)}: invalid syntax`);
}

/** Whoever opens a connection by GET must be allowed to by POST. (pkg/registry/core/pod/rest/authorize.go) */
async function authorizeCreate({ ctx, authorizer }: ConnectRequest): Promise<void> {
  const { user, requestInfo } = ctx.state;
  if (requestInfo.verb === "create") return;
  const attributes = { ...attributesOf(user, requestInfo), verb: "create" };
  const { decision, reason, error } = await authorizer.authorize(attributes);
  if (error) throw new StatusError(500, "", error);
  const { group, resource, name } = attributes;
  if (decision !== "allow") throw forbidden({ group, resource }, name, reason);
}
