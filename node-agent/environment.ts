import { ApiError, type Client } from "../client/index.ts";
import type { ConfigMap, Container, EnvVarSource, FileKeySelector, Pod, Secret } from "../openapi/api/core.v1.ts";
import { ConfigError } from "./config-error.ts";
import { fieldValue, resourceFieldValue } from "./downward-api.ts";
import { environmentFileValue } from "./environment-file.ts";
import type { Sandbox } from "./runtime/runtime.ts";

/** Reads what environments refer to. */
export interface EnvironmentSources {
  readonly client: Client;
  readonly nodeName: string;
  readonly hostIPs: readonly string[];
  /** Allocatable amounts of the node: what limits default to. */
  readonly allocatable: Readonly<Record<string, string>>;
  /** Variables for Services, in the Pod's namespace and of the API server. */
  services(namespace: string, all: boolean): Readonly<Record<string, string>>;
  /** A file of one of the Pod's volumes, and where it is. @throws ConfigError without such a volume, Error without the file */
  file(volumeName: string, path: string): Promise<{ readonly path: string; readonly text: string }>;
}

/** Replaces `$(NAME)` by its value; `$$(NAME)` stays `$(NAME)`, unknown names stay as they are. (third_party/forked/golang/expansion) */
export function expand(text: string, known: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) =>
    whole === "$$" ? "$" : name !== undefined && Object.hasOwn(known, name) ? (known[name] ?? "") : whole,
  );
}

/** A container's variables as kubelet makes them: services, envFrom, env, each over the one before. @throws ConfigError */
export async function environment(
  pod: Pod,
  container: Container,
  sandbox: Sandbox,
  sources: EnvironmentSources,
): Promise<Record<string, string>> {
  const namespace = pod.metadata.namespace ?? "";
  const result: Record<string, string> = { ...sources.services(namespace, pod.spec.enableServiceLinks ?? true) };
  const cached = new Map<string, Promise<ConfigMap | Secret | undefined>>();
  const read = (resource: "v1/configmaps" | "v1/secrets", name: string) => {
    const id = `${resource}/${name}`;
    const known = cached.get(id);
    if (known) return known;
    const found = sources.client.get(resource, { name, namespace }).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    });
    cached.set(id, found);
    return found;
  };
  const values = async (kind: "configmap" | "secret", name: string, optional: boolean | undefined) => {
    const found = await read(kind === "configmap" ? "v1/configmaps" : "v1/secrets", name);
    if (!found && !optional) throw new ConfigError(`${kind} "${name}" not found`);
    return found ? plainData(found, kind) : undefined;
  };
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? await values("configmap", configMapRef.name ?? "", configMapRef.optional)
      : await values("secret", secretRef?.name ?? "", secretRef?.optional);
    for (const [name, value] of Object.entries(data ?? {})) result[prefix + name] = value;
  }

  async function valueFrom(source: EnvVarSource): Promise<string | undefined> {
    const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
    if (fieldRef) return fieldValue(fieldRef.fieldPath, pod, { ...sources, podIPs: sandbox.ips });
    if (resourceFieldRef) return resourceFieldValue(resourceFieldRef, pod, container.name, sources.allocatable);
    if (fileKeyRef) return fileValue(fileKeyRef, sources);
    const ref = configMapKeyRef ?? secretKeyRef;
    if (!ref) return undefined;
    const kind = configMapKeyRef ? "configmap" : "secret";
    const data = await values(kind, ref.name ?? "", ref.optional);
    if (data && !Object.hasOwn(data, ref.key) && !ref.optional) {
      throw new ConfigError(
        `couldn't find key ${ref.key} in ${kind === "configmap" ? "ConfigMap" : "Secret"} ${namespace}/${ref.name}`,
      );
    }
    return data?.[ref.key];
  }
  for (const { name, value, valueFrom: source } of container.env ?? []) {
    const made = source ? await valueFrom(source) : expand(value ?? "", result);
    if (made !== undefined) result[name] = made;
  }
  return result;
}

/** An empty value is none, as kubelet has it. */
async function fileValue(
  { volumeName, path, key, optional }: FileKeySelector,
  sources: EnvironmentSources,
): Promise<string | undefined> {
  let value: string;
  let place = path;
  try {
    const file = await sources.file(volumeName, path);
    place = file.path;
    value = environmentFileValue(file.text, key);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError("couldn't parse env file", { cause: error });
  }
  if (value !== "") return value;
  if (optional) return undefined;
  throw new ConfigError(`environment variable key ${JSON.stringify(key)} not found in file ${JSON.stringify(place)}`);
}

function plainData(object: ConfigMap | Secret, kind: "configmap" | "secret"): Record<string, string> {
  const data = object.data ?? {};
  if (kind === "configmap") return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(value, "base64").toString("utf8")]),
  );
}
