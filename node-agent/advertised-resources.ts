import type { Node } from "../openapi/api/core.v1.ts";

/** Resources of the node's own domain, or none, are everybody's; others may be managed for the whole cluster. */
export const isExtended = (name: string) => name.includes("/") && !/(^|\.)kubernetes\.io\//.test(name);

/**
 * What has to change in a Node's allocatable because of extended resources that somebody else wrote to its capacity, the
 * documented way to advertise them: all of them are for Pods; null is one that is gone. Empty: nothing has to.
 * (nodestatus/setters.go MachineInfo)
 */
export function advertisedChanges({ status }: Node): Record<string, string | null> {
  const { capacity = {}, allocatable = {} } = status ?? {};
  const changes: Record<string, string | null> = {};
  for (const name of Object.keys(allocatable)) if (isExtended(name) && !(name in capacity)) changes[name] = null;
  for (const [name, amount] of Object.entries(capacity)) {
    if (isExtended(name) && allocatable[name] !== amount) changes[name] = String(amount);
  }
  return changes;
}
