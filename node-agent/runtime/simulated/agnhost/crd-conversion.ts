import { text } from "node:stream/consumers";
import type { Program } from "../behaviour.ts";
import type { HttpHandler } from "../http-server.ts";
import { longFlags } from "./long-flags.ts";
import { fail, notFound, say, urlOf } from "./servers.ts";
import { serveTls } from "./webhook.ts";

type CustomObject = Readonly<Record<string, unknown>> & { readonly apiVersion?: string };
interface ConversionReview {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly request?: {
    readonly uid: string;
    readonly desiredAPIVersion: string;
    readonly objects: readonly CustomObject[];
  };
}

const V1 = "stable.example.com/v1";
const V2 = "stable.example.com/v2";

/** `hostPort` of version 1 is `host` and `port` of version 2. @throws Error whose message goes into the answer */
export function converted(object: CustomObject, to: string): CustomObject {
  const from = object.apiVersion ?? "";
  if (from === to) throw new Error(`conversion from a version to itself should not call the webhook: ${to}`);
  if (from !== V1 && from !== V2) throw new Error(`unexpected conversion version "${from}"`);
  if (to !== V1 && to !== V2) throw new Error(`unexpected conversion version "${to}"`);
  if (to === V2) {
    const { hostPort, ...rest } = object;
    if (hostPort === undefined) return { ...rest, apiVersion: to };
    const parts = String(hostPort).split(":");
    if (parts.length !== 2) throw new Error(`invalid hostPort value \`${String(hostPort)}\``);
    return { ...rest, apiVersion: to, host: parts[0], port: parts[1] };
  }
  const { host, port, ...rest } = object;
  if (host === undefined && port === undefined) return { ...rest, apiVersion: to };
  return { ...rest, apiVersion: to, hostPort: `${String(host ?? "")}:${String(port ?? "")}` };
}

/** Converts objects of one custom resource between its versions. */
export const crdConversionWebhook: Program = (process) => {
  const handler: HttpHandler = async (request, response) => {
    const { pathname } = urlOf(request);
    if (pathname === "/readyz") return say(response, "ok");
    if (pathname !== "/crdconvert") return notFound(response);
    const review = JSON.parse(await text(request)) as ConversionReview;
    const { kind, apiVersion, request: asked } = review;
    if (kind !== "ConversionReview" || !asked) {
      return fail(response, `Unsupported group version kind: ${apiVersion} ${kind}`, 400);
    }
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ kind, apiVersion, response: { uid: asked.uid, ...answerTo(asked) } }));
  };
  return serveTls(process, longFlags(process.args), handler);
};

function answerTo({ objects, desiredAPIVersion }: NonNullable<ConversionReview["request"]>) {
  try {
    const convertedObjects = objects.map((object) => converted(object, desiredAPIVersion));
    return { convertedObjects, result: { metadata: {}, status: "Success" } };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { result: { metadata: {}, status: "Failure", message } };
  }
}
