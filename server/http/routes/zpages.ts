import { encodeAny } from "../../../openapi/encode.ts";
import { toYaml } from "../../../openapi/yaml.ts";
import { notAcceptable } from "../../meta/errors.ts";
import { rfc3339 } from "../../meta/time.ts";
import type { FixedRoute } from "../app-options.ts";
import { indentJson } from "../indent-json.ts";
import { parseAccept } from "../negotiate.ts";
import { type Ctx, send } from "../respond.ts";
import { VERSION } from "./version.ts";

const GROUP = "config.k8s.io";
const COMPONENT = "apiserver";
const MEDIA_TYPES = ["application/json", "application/yaml", "text/plain"];
/** Upstream picks one at random, so that nobody parses the text. (statusz/textserializer.go) */
const DELIMITER = ":";

interface Page {
  readonly name: "statusz" | "flagz";
  readonly kind: "Statusz" | "Flagz";
  /** Lines after the warning. */
  text(ctx: Ctx): string;
  /** Fields after kind, apiVersion and metadata. */
  fields(ctx: Ctx): object;
}

/** `/statusz` and `/flagz`: what this server is and how it was started. (apiserver/pkg/server/statusz, flagz) */
export function zpageRoutes(options: {
  readonly startedAt: Date;
  /** Flags without dashes and their values as Go prints them. */
  readonly flags: Readonly<Record<string, string>>;
  /** Served paths of one segment. */
  readonly paths: () => readonly string[];
}): FixedRoute[] {
  const { startedAt, flags, paths } = options;
  const binaryVersion = VERSION.gitVersion.slice(1);
  const emulationVersion = `${VERSION.emulationMajor}.${VERSION.emulationMinor}`;
  const uptimeSeconds = ({ state }: Ctx) => Math.floor((state.receivedAt.getTime() - startedAt.getTime()) / 1000);
  const statusz: Page = {
    name: "statusz",
    kind: "Statusz",
    text(ctx) {
      const lines = {
        Started: unixDate(startedAt),
        Up: uptime(uptimeSeconds(ctx)),
        "Go version": VERSION.goVersion,
        "Binary version": binaryVersion,
        "Emulation version": emulationVersion,
        Paths: paths().join(" "),
      };
      const text = Object.entries(lines).map(([name, value]) => `${name}${DELIMITER} ${value}\n`);
      return `\n${text.join("")}`;
    },
    fields: (ctx) => ({
      startTime: rfc3339(startedAt),
      uptimeSeconds: uptimeSeconds(ctx),
      goVersion: VERSION.goVersion,
      binaryVersion,
      emulationVersion,
      paths: paths(),
    }),
  };
  const sorted = Object.fromEntries(Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1)));
  const flagz: Page = {
    name: "flagz",
    kind: "Flagz",
    text: () =>
      Object.entries(sorted)
        .map(([name, value]) => `${name}${DELIMITER}${value}\n`)
        .join(""),
    fields: () => ({ flags: sorted }),
  };
  return [statusz, flagz].map((page) => ({ path: `/${page.name}`, handle: (ctx) => answer(ctx, page) }));
}

/** @throws StatusError 406 */
function answer(ctx: Ctx, page: Page): void {
  const { format, version } = negotiateForm(ctx.req.headers.accept ?? "", page.kind);
  if (format === "text") return send(ctx, 200, "text/plain; charset=utf-8", `${heading(page.name)}${page.text(ctx)}`);
  if (version === "v1alpha1") {
    ctx.state.warn(`This version of the ${page.name} endpoint is deprecated. Please use a newer version.`);
  }
  const object = {
    kind: page.kind,
    apiVersion: `${GROUP}/${version}`,
    metadata: { name: COMPONENT },
    ...page.fields(ctx),
  };
  const contentType = `application/${format};g=${GROUP};v=${version};as=${page.kind}`;
  send(ctx, 200, contentType, format === "yaml" ? toYaml(object) : indentJson(encodeAny(object)));
}

/** The text unless a version of the kind is asked for. @throws StatusError 406 */
function negotiateForm(accept: string, kind: string): { format: "text" | "json" | "yaml"; version: string } {
  if (!accept.trim()) return { format: "text", version: "" };
  for (const { type, subtype, params } of parseAccept(accept)) {
    const asked = params.get("as") || params.get("g") || params.get("v");
    const any = type === "*" && subtype === "*";
    if (!asked) {
      if (any || (type === "text" && (subtype === "plain" || subtype === "*"))) return { format: "text", version: "" };
      continue;
    }
    const version = params.get("v") ?? "";
    const isKnown = params.get("as") === kind && params.get("g") === GROUP && /^v1(alpha1|beta1)$/.test(version);
    if (!isKnown || (type !== "application" && !any)) continue;
    if (any || subtype === "json" || subtype === "*") return { format: "json", version };
    if (subtype === "yaml") return { format: "yaml", version };
  }
  throw notAcceptable(MEDIA_TYPES);
}

function heading(name: string): string {
  const warning =
    "This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.";
  return `\n${COMPONENT} ${name}\nWarning: ${warning}\n`;
}

/** `Mon Nov 30 17:36:51 UTC 2026`: Go's time.UnixDate. */
function unixDate(date: Date): string {
  const [, weekday, day, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? [];
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} UTC ${year}`;
}

function uptime(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3600)} hr ${two(Math.floor(seconds / 60) % 60)} min ${two(seconds % 60)} sec`;
}
