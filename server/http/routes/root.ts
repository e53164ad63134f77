import { encodeAny } from "../../../openapi/encode.ts";
import type { Registry } from "../../registry/store.ts";
import type { FixedRoute } from "../app-options.ts";
import { indentJson } from "../indent-json.ts";
import { send } from "../respond.ts";

/** `/` and `/index.html`: all paths there are, sorted. (apiserver/pkg/server/routes/index.go) */
export function rootRoutes(registry: Registry, fixed: () => readonly string[]): FixedRoute[] {
  const handle: FixedRoute["handle"] = (ctx) => {
    const groups = registry.kinds.flatMap(({ group, version }) =>
      group ? [`/apis/${group}`, `/apis/${group}/${version}`] : [`/api/${version}`],
    );
    const paths = [...new Set(["/api", "/apis", "/apis/", ...groups, ...fixed()])].filter((path) => path !== "/");
    paths.sort();
    send(ctx, 200, "application/json", indentJson(encodeAny({ paths })));
  };
  return ["/", "/index.html"].map((path) => ({ path, handle }));
}
