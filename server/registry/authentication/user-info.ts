import type { UserInfo as WireUserInfo } from "../../../openapi/api/authentication.k8s.io.v1.ts";
import type { UserInfo } from "../../auth/authenticator.ts";

/** authentication.k8s.io/v1 UserInfo of a user. */
export function wireUserInfo({ name, uid, groups, extra = {} }: UserInfo): WireUserInfo {
  const copied: Record<string, string[]> = {};
  for (const [key, values] of Object.entries(extra)) copied[key] = [...values];
  return {
    ...(name && { username: name }),
    ...(uid && { uid }),
    ...(groups.length && { groups: [...groups] }),
    ...(Object.keys(copied).length && { extra: copied }),
  };
}
