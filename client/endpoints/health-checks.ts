/** One thing that must be well. */
export interface HealthCheck {
  readonly name: string;
  /** @returns what is wrong, for whoever may know details; undefined: nothing */
  check(): string | undefined;
}

/** What a check's path answers. */
export interface HealthAnswer {
  readonly code: 200 | 500;
  readonly text: string;
}

const PING: HealthCheck = { name: "ping", check: () => undefined };

/**
 * Answers a path such as /healthz, or /healthz/NAME for a single check. Why a check failed is told at its own path
 * only: the other may be asked by anybody. (apiserver/pkg/server/healthz/healthz.go)
 *
 * @param path without its leading slash
 * @returns undefined: there is no such check
 */
export function answerHealth(
  path: string,
  given: readonly HealthCheck[],
  params: URLSearchParams,
): HealthAnswer | undefined {
  const checks = given.length > 0 ? given : [PING];
  const [name = "", single] = path.split("/");
  if (single !== undefined) {
    const found = checks.find((check) => check.name === single);
    if (!found) return undefined;
    const wrong = found.check();
    return wrong === undefined ? { code: 200, text: "ok" } : { code: 500, text: `internal server error: ${wrong}\n` };
  }
  const excluded = new Set(params.getAll("exclude"));
  const failed = new Set<string>();
  const lines = checks.map((check) => {
    if (excluded.delete(check.name)) return `[+]${check.name} excluded: ok\n`;
    if (check.check() === undefined) return `[+]${check.name} ok\n`;
    failed.add(check.name);
    return `[-]${check.name} failed: reason withheld\n`;
  });
  if (excluded.size > 0) {
    const unknown = [...excluded].sort().map((each) => JSON.stringify(each));
    lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown.join(",")}\n`);
  }
  if (failed.size > 0) return { code: 500, text: `${lines.join("")}${name} check failed\n` };
  return { code: 200, text: params.has("verbose") ? `${lines.join("")}${name} check passed\n` : "ok" };
}
