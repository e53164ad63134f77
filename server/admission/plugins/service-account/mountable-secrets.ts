import type { Container, EphemeralContainer, PodSpec, ServiceAccount } from "../../../../openapi/api/core.v1.ts";

const ANNOTATION = "kubernetes.io/enforce-mountable-secrets";
const TRUE = ["1", "t", "T", "TRUE", "true", "True"];

/** Whether Pods of the account may use only the Secrets that it lists. */
export function mustBeMountable({ metadata }: Readonly<ServiceAccount>): boolean {
  return TRUE.includes(metadata.annotations?.[ANNOTATION] ?? "");
}

/** The first Secret that a Pod uses and the account does not list. @returns upstream's text, undefined when all is well */
export function secretProblem(account: Readonly<ServiceAccount>, spec: PodSpec): string | undefined {
  const allowed = (account.secrets ?? []).map(({ name }) => name);
  for (const { secret } of spec.volumes ?? []) {
    if (!secret || allowed.includes(secret.secretName)) continue;
    const what = `volume with secret.secretName="${secret.secretName ?? ""}"`;
    return `${what} is not allowed because service account ${account.metadata.name} does not reference that secret`;
  }
  const problem =
    containerProblem(account, "init container", spec.initContainers) ??
    containerProblem(account, "container", spec.containers);
  if (problem) return problem;
  const pullable = (account.imagePullSecrets ?? []).map(({ name }) => name);
  for (const [index, { name = "" }] of (spec.imagePullSecrets ?? []).entries()) {
    if (pullable.includes(name)) continue;
    const what = `imagePullSecrets[${index}].name="${name}"`;
    return `${what} is not allowed because service account ${account.metadata.name} does not reference that imagePullSecret`;
  }
  return undefined;
}

/** The same for ephemeral containers, which come later than the rest. */
export function ephemeralSecretProblem(account: Readonly<ServiceAccount>, spec: PodSpec): string | undefined {
  return containerProblem(account, "ephemeral container", spec.ephemeralContainers);
}

function containerProblem(
  account: Readonly<ServiceAccount>,
  sort: string,
  containers: readonly (Container | EphemeralContainer)[] = [],
): string | undefined {
  const allowed = (account.secrets ?? []).map(({ name }) => name);
  const because = `is not allowed because service account ${account.metadata.name} does not reference that secret`;
  for (const { name, env, envFrom } of containers) {
    for (const variable of env ?? []) {
      const secret = variable.valueFrom?.secretKeyRef;
      if (!secret || allowed.includes(secret.name)) continue;
      const reference = `referencing secret.secretName="${secret.name ?? ""}"`;
      return `${sort} ${name} with envVar ${variable.name} ${reference} ${because}`;
    }
    for (const { secretRef } of envFrom ?? []) {
      if (!secretRef || allowed.includes(secretRef.name)) continue;
      return `${sort} ${name} with envFrom referencing secret.secretName="${secretRef.name ?? ""}" ${because}`;
    }
  }
  return undefined;
}
