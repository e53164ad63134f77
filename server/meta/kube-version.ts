/** Newest stable first, then beta, then alpha, then anything else by name. (apimachinery/pkg/version) */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [parse(a), parse(b)];
  if (!x || !y) return x ? -1 : y ? 1 : a < b ? -1 : a > b ? 1 : 0;
  return y.stability - x.stability || y.major - x.major || y.minor - x.minor;
}

function parse(version: string): { stability: number; major: number; minor: number } | undefined {
  const match = /^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$/.exec(version);
  if (!match) return undefined;
  const stability = match[2] === "alpha" ? 0 : match[2] === "beta" ? 1 : 2;
  return { stability, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}
