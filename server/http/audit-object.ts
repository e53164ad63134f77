import { deepCopy } from "../meta/equality.ts";
import type { KubeObject } from "../meta/object.ts";
import { encodeObject } from "./encode.ts";
import type { Ctx } from "./respond.ts";

/**
 * Tells the audit log of what a request creates or updates: as decoded, with its defaults, in the version it was sent
 * in. (apiserver/pkg/audit LogRequestObject)
 */
export function auditObject(
  { state }: Ctx,
  object: KubeObject,
  form: Parameters<typeof encodeObject>[1] & { readonly defaults?: ((object: KubeObject) => void) | undefined },
): void {
  const { audit } = state;
  if (!audit) return;
  const { name, namespace, uid, resourceVersion } = object.metadata;
  audit.subject = { name, namespace, uid, resourceVersion };
  if (!audit.trail.wantsRequestObject) return;
  const shown = deepCopy(object);
  form.defaults?.(shown);
  audit.requestBody = { contentType: "application/json", bytes: Buffer.from(encodeObject(shown, form)) };
}
