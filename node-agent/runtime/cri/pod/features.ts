import { existsSync, readFileSync } from "node:fs";
import type { Container, Pod } from "../../../../openapi/api/core.v1.ts";
import { ConfigError } from "../../../config-error.ts";

const APP_ARMOR = "/sys/module/apparmor/parameters/enabled";

/** What runtimes since containerd 2 can do; none of it is asked of them yet. */
export const NO_FEATURES = {
  recursiveReadOnlyMounts: false,
  userNamespaces: false,
  supplementalGroupsPolicy: false,
} as const;

export const hasAppArmor = (): boolean => existsSync(APP_ARMOR) && readFileSync(APP_ARMOR, "utf8").startsWith("Y");

/** @throws Error for what a Pod wants and would not get: better no Pod than one with less protection */
export function refuseUnsupported({ spec }: Pod): void {
  if (spec.hostUsers === false) {
    throw new Error("can't set `spec.hostUsers: false`, runtime does not support user namespaces");
  }
  if (spec.resourceClaims?.length) throw new Error("no driver of resource claims runs on this node");
}

/** (kubelet_pods.go resolveRecursiveReadOnly) @throws ConfigError */
export function refuseMounts({ volumeMounts = [] }: Container): void {
  const wrong = volumeMounts.find(({ recursiveReadOnly }) => recursiveReadOnly === "Enabled");
  if (!wrong) return;
  const what = `volume ${JSON.stringify(wrong.name)} requested recursive read-only mode, but it is not supported by the runtime`;
  throw new ConfigError(`failed to resolve recursive read-only mode: ${what}`);
}
