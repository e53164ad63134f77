import type { KubeObject } from "../../meta/object.ts";

const SUFFIX = ".static.k8s.io";

/** Names that are kept for configuration in files. (pkg/apis/admissionregistration/validation/static_suffix.go) */
export function warningsForName({ metadata: { name = "" } }: KubeObject): string[] {
  if (!name.endsWith(SUFFIX)) return [];
  return [
    `metadata.name: names ending with "${SUFFIX}" are reserved for static manifest-based configurations and cannot be managed via the API`,
  ];
}
