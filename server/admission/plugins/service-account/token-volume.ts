import type { Container, PodSpec, Volume } from "../../../../openapi/api/core.v1.ts";
import { type Random, randomSuffix } from "../../../meta/random.ts";

const PREFIX = "kube-api-access-";
const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
/** An hour and seven seconds: legacy clients that never reread the token are recognised by it. */
const EXPIRATION_SECONDS = 3607;

/** Gives every container without a mount of its own there the account's token, the CA and the namespace. */
export function mountToken(spec: PodSpec, random: Random): void {
  const existing = spec.volumes?.find(({ name }) => name.startsWith(PREFIX))?.name;
  const name = existing ?? PREFIX + randomSuffix(5, random);
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].filter(needsMount);
  for (const container of containers) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }];
  }
  if (!existing && containers.length > 0) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function needsMount({ volumeMounts }: Container): boolean {
  return !volumeMounts?.some(({ mountPath }) => mountPath === MOUNT_PATH);
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: EXPIRATION_SECONDS, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  };
}
