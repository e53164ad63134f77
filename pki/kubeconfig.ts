import type { KeyPair } from "./certificate.ts";

/** What a kubeconfig of one cluster, one user and one context says. */
export interface KubeconfigOptions {
  readonly server: string;
  /** PEM. */
  readonly certificateAuthority: string;
  readonly client: KeyPair;
  /** Name of cluster and context; the user is `NAME-USER`. */
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string;
}

/** A kubeconfig with everything inside it, as YAML. */
export function kubeconfig(options: KubeconfigOptions): string {
  const { server, certificateAuthority, client, cluster, user, namespace } = options;
  const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");
  return [
    "apiVersion: v1",
    "kind: Config",
    "clusters:",
    `- name: ${cluster}`,
    "  cluster:",
    `    server: ${server}`,
    `    certificate-authority-data: ${base64(certificateAuthority)}`,
    "users:",
    `- name: ${user}`,
    "  user:",
    `    client-certificate-data: ${base64(client.certificate)}`,
    `    client-key-data: ${base64(client.key)}`,
    "contexts:",
    `- name: ${cluster}`,
    "  context:",
    `    cluster: ${cluster}`,
    `    user: ${user}`,
    ...(namespace ? [`    namespace: ${namespace}`] : []),
    `current-context: ${cluster}`,
    "",
  ].join("\n");
}
