import type {
  ConfigMap,
  ConfigMapProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  ProjectedVolumeSource,
  Secret,
  SecretProjection,
  ServiceAccountTokenProjection,
} from "../../openapi/api/core.v1.ts";
import { type DownwardSources, fieldValue, resourceFieldValue } from "../downward-api.ts";
import type { VolumeFile } from "./volume.ts";

/** What files are made from. */
export interface PayloadSources extends DownwardSources {
  readonly allocatable: Readonly<Record<string, string>>;
  /** The object as it is now. @returns undefined when there is none */
  read(resource: "v1/configmaps" | "v1/secrets", name: string): Promise<ConfigMap | Secret | undefined>;
  token(projection: ServiceAccountTokenProjection): Promise<string>;
  /** Owner of tokens: the one user all containers run as. */
  readonly fsUser: number | undefined;
  readonly fsGroup: number | undefined;
}

const DEFAULT_MODE = 0o644;
/** Of tokens and keys, when their owner or group is known. */
const PRIVATE_MODE = 0o600;

/** Go's path.Clean of a relative path. */
const clean = (path: string) =>
  path
    .split("/")
    .filter((part) => part && part !== ".")
    .join("/");

/** (pkg/volume/configmap MakePayload) @throws Error */
export async function configMapFiles(
  { name = "", items, optional }: ConfigMapProjection,
  defaultMode: number,
  { read }: PayloadSources,
): Promise<VolumeFile[]> {
  const found = (await read("v1/configmaps", name)) as ConfigMap | undefined; // asked for by its resource
  if (!found && !optional) throw new Error(`configmap "${name}" not found`);
  const data = new Map<string, Buffer>();
  for (const [key, text] of Object.entries(found?.data ?? {})) data.set(key, Buffer.from(text));
  for (const [key, text] of Object.entries(found?.binaryData ?? {})) data.set(key, Buffer.from(text, "base64"));
  const missing = (key: string) => `configmap references non-existent config key: ${key}`;
  return chosen(data, items, defaultMode, optional, missing);
}

/** (pkg/volume/secret MakePayload) @throws Error */
export async function secretFiles(
  { name = "", items, optional }: SecretProjection,
  defaultMode: number,
  { read }: PayloadSources,
): Promise<VolumeFile[]> {
  const found = (await read("v1/secrets", name)) as Secret | undefined; // asked for by its resource
  if (!found && !optional) throw new Error(`secret "${name}" not found`);
  const data = new Map(
    Object.entries(found?.data ?? {}).map(([key, text]) => [key, Buffer.from(text, "base64")] as const),
  );
  return chosen(data, items, defaultMode, optional, (key) => `references non-existent secret key: ${key}`);
}

function chosen(
  data: ReadonlyMap<string, Buffer>,
  items: readonly KeyToPath[] | undefined,
  defaultMode: number,
  optional: boolean | undefined,
  missing: (key: string) => string,
): VolumeFile[] {
  if (!items?.length) return [...data].map(([path, bytes]) => ({ path, data: bytes, mode: defaultMode }));
  const files: VolumeFile[] = [];
  for (const { key, path, mode = defaultMode } of items) {
    const bytes = data.get(key);
    if (bytes) files.push({ path: clean(path), data: bytes, mode });
    else if (!optional) throw new Error(missing(key));
  }
  return files;
}

/** (pkg/volume/downwardapi CollectData) @throws Error */
export function downwardFiles(
  items: readonly DownwardAPIVolumeFile[],
  defaultMode: number,
  pod: Pod,
  sources: PayloadSources,
): VolumeFile[] {
  return items.map(({ path, mode = defaultMode, fieldRef, resourceFieldRef }) => {
    const text = fieldRef
      ? fieldValue(fieldRef.fieldPath, pod, sources)
      : resourceFieldRef
        ? resourceFieldValue(resourceFieldRef, pod, "", sources.allocatable)
        : "";
    return { path: clean(path), data: Buffer.from(text), mode };
  });
}

/** Later sources win. (pkg/volume/projected collectData) @throws Error, of all sources that fail */
export async function projectedFiles(
  { sources: wanted = [], defaultMode = DEFAULT_MODE }: ProjectedVolumeSource,
  pod: Pod,
  sources: PayloadSources,
): Promise<VolumeFile[]> {
  const files = new Map<string, VolumeFile>();
  const problems: string[] = [];
  const { fsUser, fsGroup } = sources;
  for (const { secret, configMap, downwardAPI, serviceAccountToken, ...others } of wanted) {
    try {
      const found: VolumeFile[] = [];
      if (secret) found.push(...(await secretFiles(secret, defaultMode, sources)));
      else if (configMap) found.push(...(await configMapFiles(configMap, defaultMode, sources)));
      else if (downwardAPI) found.push(...downwardFiles(downwardAPI.items ?? [], defaultMode, pod, sources));
      else if (serviceAccountToken) {
        const data = Buffer.from(await sources.token(serviceAccountToken));
        const mode = fsUser !== undefined || fsGroup !== undefined ? PRIVATE_MODE : defaultMode;
        const owner = fsUser === undefined ? {} : { uid: fsUser };
        found.push({ path: clean(serviceAccountToken.path), data, mode, ...owner });
      } else throw new Error(`projection of ${Object.keys(others).join(", ")} is not supported by this node`);
      for (const file of found) files.set(file.path, file);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (problems.length === 1) throw new Error(problems[0]);
  if (problems.length > 0) throw new Error(`[${[...new Set(problems)].join(", ")}]`);
  return [...files.values()];
}
