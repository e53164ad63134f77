import { encodeAny } from "../../../openapi/encode.ts";
import type { Registry } from "../../registry/store.ts";
import type { FixedRoute } from "../app-options.ts";
import { indentJson } from "../indent-json.ts";
import { send } from "../respond.ts";

/** `/`: all paths there are, sorted. (apiserver/pkg/server/routes/index.go) */
export function rootRoute(registry: Registry, fixed: () => readonly string[]): FixedRoute {
  return {
    path: "/",
    handle(ctx) {
      const groups = registry.kinds.flatMap(({ group, version }) =>
        group ? [`/apis/${group}`, `/apis/${group}/${version}`] : [`/api/${version}`],
      );
      const paths = [...new Set(["/api", "/apis", "/apis/", ...groups, ...fixed()])].filter((path) => path !== "/");
      paths.sort();
      send(ctx, 200, "application/json", indentJson(encodeAny({ paths })));
    },
  };
}
