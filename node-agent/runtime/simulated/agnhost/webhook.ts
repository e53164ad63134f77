import { text } from "node:stream/consumers";
import { sleep } from "../../../../client/index.ts";
import type { Process, Program } from "../behaviour.ts";
import type { HttpHandler } from "../http-server.ts";
import { longFlags } from "./long-flags.ts";
import { certificateFrom, fail, listen, notFound, say, urlOf, withoutCertificate } from "./servers.ts";

/** The parts of an AdmissionReview's request that the answers depend on. */
interface ReviewRequest {
  readonly uid: string;
  readonly name?: string;
  readonly operation?: string;
  readonly object?: ReviewedObject | null;
  readonly oldObject?: ReviewedObject | null;
}

interface ReviewedObject {
  readonly metadata?: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly containers?: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string }[];
  };
  /** Of PodAttachOptions. */
  readonly stdin?: boolean;
  readonly container?: string;
}

interface Verdict {
  readonly allowed: boolean;
  readonly status?: { readonly message?: string; readonly reason?: string };
  /** JSON Patch. */
  readonly patch?: readonly object[];
}

type Judge = (request: ReviewRequest, process: Process) => Verdict | Promise<Verdict>;

const ALLOWED: Verdict = { allowed: true };
const MARK = "webhook-e2e-test";
const denied = (message: string): Verdict => ({ allowed: false, status: { message } });

/** Data with one value may not be written, with another not be deleted. */
const guarded =
  (written: string, deleted: string): Judge =>
  ({ operation, object, oldObject }) => {
    const value = (operation === "DELETE" ? oldObject : object)?.data?.[MARK];
    const writes = operation === "CREATE" || operation === "UPDATE";
    if (value === "webhook-disallow" && writes) return { allowed: false, status: { reason: written } };
    if (value === "webhook-nondeletable" && operation === "DELETE") {
      return { allowed: false, status: { reason: deleted } };
    }
    return ALLOWED;
  };

/** One stage after the other. */
const staged: Judge = ({ object }) => {
  const { data = {} } = object ?? {};
  const stage = data["mutation-stage-1"] === "yes" ? 2 : data["mutation-start"] === "yes" ? 1 : undefined;
  if (stage === undefined) return ALLOWED;
  return { allowed: true, patch: [{ op: "add", path: `/data/mutation-stage-${stage}`, value: "yes" }] };
};

const pods: Judge = async ({ object }, { signal }) => {
  const label = object?.metadata?.labels?.[MARK];
  if (label === "wait-forever")
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  const reasons: string[] = [];
  if (label === "webhook-disallow") reasons.push("the pod contains unwanted label;");
  for (const { name } of object?.spec?.containers ?? []) {
    if (name.includes("webhook-disallow")) reasons.push("the pod contains unwanted container name;");
  }
  return reasons.length > 0 ? denied(reasons.join(" ")) : ALLOWED;
};

const added = (image: string, name: string) => ({ image, name, resources: {} });

const mutatingPods: Judge = ({ object }) => {
  const { initContainers = [] } = object?.spec ?? {};
  const name = "webhook-added-init-container";
  if (object?.metadata?.name !== "webhook-to-be-mutated") return ALLOWED;
  if (initContainers.some((container) => container.name === name)) return ALLOWED;
  const value = [added("webhook-added-image", name)];
  return { allowed: true, patch: [{ op: "add", path: "/spec/initContainers", value }] };
};

const sidecar =
  (image: string | undefined): Judge =>
  ({ object }) => {
    const name = "webhook-added-sidecar";
    if (!image) return denied("No image specified by the sidecar-image parameter");
    if (object?.spec?.containers?.some((container) => container.name === name)) return ALLOWED;
    return { allowed: true, patch: [{ op: "add", path: "/spec/containers/-", value: added(image, name) }] };
  };

const attaching: Judge = ({ name, object }) => {
  const isWatched = name === "to-be-attached-pod" && object?.stdin && object.container === "container1";
  return isWatched ? denied("attaching to pod 'to-be-attached-pod' is not allowed") : ALLOWED;
};

const addLabel: Judge = ({ object }) => {
  const { labels = {} } = object?.metadata ?? {};
  if (labels["added-label"] === "yes") return ALLOWED;
  const isFirst = Object.keys(labels).length === 0;
  const one = { op: "add", path: "/metadata/labels/added-label", value: "yes" };
  const all = { op: "add", path: "/metadata/labels", value: { "added-label": "yes" } };
  return { allowed: true, patch: [isFirst ? all : one] };
};

const crd: Judge = ({ object }) =>
  object?.metadata?.labels?.[MARK] === "webhook-disallow" ? denied("the crd contains unwanted label") : ALLOWED;

const judges = (sidecarImage: string | undefined): Readonly<Record<string, Judge>> => ({
  "/always-allow-delay-5s": async (_request, { clock, signal }) => {
    await sleep(clock, 5_000, signal);
    return { allowed: true, status: { message: "this webhook allows all requests" } };
  },
  "/always-deny": () => denied("this webhook denies all requests"),
  "/add-label": addLabel,
  "/pods": pods,
  "/pods/attach": attaching,
  "/mutating-pods": mutatingPods,
  "/mutating-pods-sidecar": sidecar(sidecarImage),
  "/configmaps": guarded(
    "the configmap contains unwanted key and value",
    "the configmap cannot be deleted because it contains unwanted key and value",
  ),
  "/mutating-configmaps": staged,
  "/custom-resource": guarded(
    "the custom resource contains unwanted data",
    "the custom resource cannot be deleted because it contains unwanted key and value",
  ),
  "/mutating-custom-resource": staged,
  "/crd": crd,
});

/** Admission webhooks with opinions that tests can provoke. */
export const webhook: Program = async (process) => {
  const flags = longFlags(process.args);
  const judgeOf = judges(flags.get("sidecar-image"));
  const handler: HttpHandler = async (request, response) => {
    const { pathname } = urlOf(request);
    if (pathname === "/readyz") return say(response, "ok");
    const judge = Object.hasOwn(judgeOf, pathname) ? judgeOf[pathname] : undefined;
    if (!judge) return notFound(response);
    let review: { apiVersion?: string; kind?: string; request?: ReviewRequest };
    try {
      review = JSON.parse(await text(request)) as typeof review;
    } catch (error) {
      return fail(response, `Request could not be decoded: ${error instanceof Error ? error.message : error}`, 400);
    }
    const { apiVersion, kind, request: asked } = review;
    if (!asked || kind !== "AdmissionReview")
      return fail(response, `Unsupported group version kind: ${apiVersion} ${kind}`, 400);
    const { patch, ...verdict } = await judge(asked, process);
    const patched = patch && { patch: Buffer.from(JSON.stringify(patch)).toString("base64"), patchType: "JSONPatch" };
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ kind, apiVersion, response: { uid: asked.uid, ...verdict, ...patched } }));
  };
  return serveTls(process, flags, handler);
};

/** HTTPS on `--port`, by the files that the flags name. @returns the exit code */
export async function serveTls(
  process: Process,
  flags: ReadonlyMap<string, string>,
  handler: HttpHandler,
): Promise<number> {
  try {
    const [cert = "", key = ""] = [flags.get("tls-cert-file"), flags.get("tls-private-key-file")];
    const certificate = await certificateFrom(process, cert, key);
    return await listen(process, { https: new Map([[Number(flags.get("port") ?? 443), handler]]), certificate });
  } catch (error) {
    return withoutCertificate(process, error);
  }
}
