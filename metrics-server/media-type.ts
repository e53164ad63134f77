import { StatusError } from "../client/index.ts";

/** What a client wants its answer to be. (apiserver/pkg/endpoints/handlers/negotiation) */
export interface MediaType {
  readonly format: "json" | "yaml" | "protobuf";
  /** Another kind that is asked for, of meta.k8s.io. */
  readonly as?: { readonly kind: string; readonly version: string };
}

const FORMATS = [
  { format: "json", type: "application/json" },
  { format: "yaml", type: "application/yaml" },
  { format: "protobuf", type: "application/vnd.kubernetes.protobuf" },
] as const;
const STREAMS = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
const TRANSFORMS = ["Table", "PartialObjectMetadata", "PartialObjectMetadataList"];

export const contentTypeOf = (format: MediaType["format"]): string =>
  FORMATS.find((each) => each.format === format)?.type ?? "application/json";

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Clauses of an Accept header, best first. */
function clausesOf(accept: string): Clause[] {
  return accept
    .split(",")
    .map((text) => {
      const [type = "", ...rest] = text.split(";").map((part) => part.trim());
      const parameters = new Map(
        rest.map((part) => {
          const [key = "", value = ""] = part.split("=");
          return [key.trim().toLowerCase(), value.trim().replace(/^"|"$/g, "")] as const;
        }),
      );
      return { type, parameters, quality: Number(parameters.get("q") ?? 1) };
    })
    .sort((a, b) => b.quality - a.quality || Number(a.type.endsWith("*")) - Number(b.type.endsWith("*")));
}

/** Of answers that are what they are: discovery and errors. @returns undefined where no format will do */
export function plainMediaType(accept: string): MediaType | undefined {
  if (!accept) return { format: "json" };
  for (const { type, parameters } of clausesOf(accept)) {
    const found = formatOf(type);
    // Errors and discovery are of no other kind.
    if (found && !["as", "g", "v"].some((key) => parameters.has(key))) return { format: found };
  }
  return undefined;
}

function formatOf(type: string): MediaType["format"] | undefined {
  if (type === "*/*" || type === "application/*") return "json";
  return FORMATS.find((each) => each.type === type)?.format;
}

/** Of metrics. The router looks first, and knows whole types only. @throws StatusError 406 */
export function negotiate(accept: string, isList: boolean): MediaType {
  if (!accept) return { format: "json" };
  const types: string[] = FORMATS.map(({ type }) => type);
  const clauses = clausesOf(accept);
  if (!clauses.some(({ type }) => type === "*/*" || types.includes(type))) {
    const known = [...types, ...(isList ? STREAMS : [])].join(", ");
    throw notAcceptable(`406: Not Acceptable\n\nAvailable representations: ${known}`, {});
  }
  for (const { type, parameters } of clauses) {
    const format = formatOf(type);
    if (!format) continue;
    const [kind = "", version = "", group = ""] = ["as", "v", "g"].map((key) => parameters.get(key));
    if (!kind && !version && !group) return { format };
    const isKnown = group === "meta.k8s.io" && /^v1(beta1)?$/.test(version) && TRANSFORMS.includes(kind);
    if (isKnown && !(kind === "Table" && format === "protobuf")) return { format, as: { kind, version } };
  }
  throw notAcceptable(`only the following media types are accepted: ${types.join(", ")}`);
}

export const notAcceptable = (message: string, details?: object): StatusError =>
  new StatusError(406, "NotAcceptable", message, details);
