import type { Secret } from "../../openapi/api/core.v1.ts";
import type { ObjectWriter } from "../admission/plugin.ts";
import type { KubeObject } from "../meta/object.ts";

const LAST_USED = "kubernetes.io/legacy-token-last-used";

/**
 * Keeps the day on which a Secret's token was last used as a label of that Secret: what tells whether anybody would
 * miss it. Written in the background, once a day. (pkg/serviceaccount/legacy.go, KEP-2799)
 */
export function legacyTokenUse(writer: ObjectWriter, now: () => Date): (namespace: string, secretName: string) => void {
  const known = new Map<string, string>();
  return (namespace, secretName) => {
    const day = now().toISOString().slice(0, 10);
    const key = `${namespace}/${secretName}`;
    if (known.get(key) === day) return;
    known.set(key, day);
    const label = (secret: Secret & KubeObject) => {
      if (secret.metadata.labels?.[LAST_USED] === day) return undefined;
      secret.metadata.labels = { ...secret.metadata.labels, [LAST_USED]: day };
      return secret;
    };
    // A Secret that is gone by now has no last use; with any other failure the next request tries again.
    writer
      .update<Secret & KubeObject>({ group: "", resource: "secrets" }, namespace, secretName, label)
      .catch(() => known.delete(key));
  };
}
