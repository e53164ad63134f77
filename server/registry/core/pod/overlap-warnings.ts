import type { KeyToPath, Volume, VolumeProjection } from "../../../../openapi/api/core.v1.ts";
import { goQuote } from "../../../meta/go-quote.ts";

/** A file of a volume, and where it comes from. */
interface File {
  readonly path: string;
  readonly source: () => string;
}

/** Files of one volume that hide one another. (warningsForOverlappingVirtualPaths of pkg/api/pod) */
export function overlapWarnings(volumes: readonly Volume[]): string[] {
  return volumes.flatMap(({ name, configMap, secret, downwardAPI, projected }) => {
    // Every Pod comes by here: names are quoted only where there is something to say.
    const warnings = (all: readonly File[], what: () => string) =>
      overlaps(all).map((text) => `volume ${goQuote(name)} (${what()}): overlapping paths: ${text}`);
    const sources = projected?.sources ?? [];
    return [
      ...(configMap ? warnings(files(configMap.items), () => `ConfigMap ${goQuote(configMap.name ?? "")}`) : []),
      ...(secret ? warnings(files(secret.items), () => `Secret ${goQuote(secret.secretName ?? "")}`) : []),
      ...(downwardAPI ? warnings(files(downwardAPI.items), () => "DownwardAPI") : []),
      ...sources
        .filter((source) => Object.values(source).every((value) => value === undefined))
        .map(() => `volume ${goQuote(name)} (Projected) has no sources provided`),
      ...warnings(sources.flatMap(filesOf), () => "Projected"),
    ];
  });
}

function files(items: readonly Pick<KeyToPath, "path">[] = [], source = () => ""): File[] {
  return items.map(({ path = "" }) => ({ path: path.replace(/\/+$/, ""), source }));
}

function filesOf({ configMap, secret, downwardAPI, serviceAccountToken }: VolumeProjection): File[] {
  if (configMap?.items) return files(configMap.items, () => `ConfigMap ${goQuote(configMap.name ?? "")}`);
  if (secret?.items) return files(secret.items, () => `Secret ${goQuote(secret.name ?? "")}`);
  if (downwardAPI?.items) return files(downwardAPI.items, () => "DownwardAPI");
  return serviceAccountToken ? files([serviceAccountToken], () => "ServiceAccountToken") : [];
}

function overlaps(all: readonly File[]): string[] {
  const text = ({ path, source }: File) => (source() ? `${goQuote(path)} (${source()})` : goQuote(path));
  return all.flatMap((file, i) =>
    all
      .slice(0, i)
      .filter((other) => hides(file.path, other.path))
      .map((other) => `${text(file)} with ${text(other)}`),
  );
}

function hides(a: string, b: string): boolean {
  if (!a || !b) return false;
  return `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
}
