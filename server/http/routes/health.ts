import type { FixedRoute } from "../app-options.ts";
import type { HealthMetrics } from "../health-metrics.ts";
import { type Ctx, send, sendText } from "../respond.ts";

/** One thing that must be well. */
export interface HealthCheck {
  readonly name: string;
  /** The endpoints that ask it. */
  readonly on: readonly Endpoint[];
  /** @throws Error saying what is wrong */
  check(endpoint: Endpoint): void | Promise<void>;
}
export type Endpoint = "healthz" | "livez" | "readyz";

const ENDPOINTS: readonly Endpoint[] = ["healthz", "livez", "readyz"];
const NO_SNIFF = { "X-Content-Type-Options": "nosniff" };
const TEXT = "text/plain; charset=utf-8";

/** /healthz, /livez, /readyz, and below them one path a check. (apiserver/pkg/server/healthz) */
export function healthRoutes(checks: readonly HealthCheck[], metrics: HealthMetrics): FixedRoute[] {
  return ENDPOINTS.flatMap((endpoint) => {
    const own = checks.filter(({ on }) => on.includes(endpoint));
    const root: FixedRoute = { path: `/${endpoint}`, handle: (ctx) => all(ctx, endpoint, own, metrics) };
    const each = own.map(
      (check): FixedRoute => ({
        path: `/${endpoint}/${check.name}`,
        handle: (ctx) => one(ctx, endpoint, check),
      }),
    );
    return [root, ...each];
  });
}

async function all(
  ctx: Ctx,
  endpoint: Endpoint,
  checks: readonly HealthCheck[],
  metrics: HealthMetrics,
): Promise<void> {
  const { query } = ctx.state;
  const excluded = new Set(query.getAll("exclude"));
  const unknown = new Set(excluded);
  let report = "";
  let failed = false;
  for (const check of checks) {
    if (excluded.has(check.name)) {
      unknown.delete(check.name);
      report += `[+]${check.name} excluded: ok\n`;
      continue;
    }
    // Why it failed is not for everybody: the endpoint is public. It is told to those who may ask the check itself.
    const reason = await failure(check, endpoint);
    metrics.observe(check.name, endpoint, reason === undefined);
    failed ||= reason !== undefined;
    report += reason === undefined ? `[+]${check.name} ok\n` : `[-]${check.name} failed: reason withheld\n`;
  }
  if (unknown.size > 0) {
    const names = [...unknown].sort().map((name) => JSON.stringify(name));
    report += `warn: some health checks cannot be excluded: no matches for ${names.join(", ")}\n`;
  }
  if (failed) return sendText(ctx, 500, `${report}${endpoint} check failed`);
  send(ctx, 200, TEXT, query.has("verbose") ? `${report}${endpoint} check passed\n` : "ok", NO_SNIFF);
}

async function one(ctx: Ctx, endpoint: Endpoint, check: HealthCheck): Promise<void> {
  const reason = await failure(check, endpoint);
  if (reason === undefined) send(ctx, 200, TEXT, "ok");
  else sendText(ctx, 500, `internal server error: ${reason}`);
}

async function failure(check: HealthCheck, endpoint: Endpoint): Promise<string | undefined> {
  try {
    await check.check(endpoint);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
