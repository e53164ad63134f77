import { semanticEqual } from "../../meta/equality.ts";
import type { KubeObject, OwnerReference } from "../../meta/object.ts";

/** Drops repeated owner references and says so. (apiserver/pkg/endpoints/handlers/rest.go) */
export function dedupOwnerReferences(
  { metadata }: KubeObject,
  warn: (text: string) => void,
  when: "as sent" | "after admission",
): void {
  const references = metadata.ownerReferences;
  if (!references || references.length < 2) return;
  const kept: OwnerReference[] = [];
  const duplicates: string[] = [];
  for (const reference of references) {
    if (kept.some((other) => other.uid === reference.uid && semanticEqual(other, reference))) {
      duplicates.push(reference.uid);
    } else kept.push(reference);
  }
  if (duplicates.length === 0) return;
  const where = when === "as sent" ? "" : " after mutating admission happens";
  warn(
    `.metadata.ownerReferences contains duplicate entries${where}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${duplicates.join(", ")}`,
  );
  metadata.ownerReferences = kept;
}
