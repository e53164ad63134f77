import { StatusError } from "../errors.ts";
import { goQuote } from "../go-quote.ts";
import { identityOf, type Manager } from "./managed.ts";
import { printPath } from "./path-element.ts";
import type { Conflict } from "./updater.ts";

/** 409 with one cause a path. Follows managedfields/internal/conflict.go and errors.NewApplyConflict. */
export function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${describe(manager)}`,
    field: printPath(path),
  }));
  return new StatusError(409, "Conflict", messageOf(conflicts), { causes });
}

function messageOf(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first) {
    return `Apply failed with 1 conflict: conflict with ${describe(first.manager)}: ${printPath(first.path)}`;
  }
  const byManager = Map.groupBy(conflicts, ({ manager }) => identityOf(manager));
  const lines = [...byManager]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => [
      `conflicts with ${describe(group[0]!.manager)}:`,
      ...group.map(({ path }) => `- ${printPath(path)}`),
    ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

/** Times are not part of who a manager is, so they are never in the message. */
function describe({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = goQuote(manager) + (subresource ? ` with subresource ${goQuote(subresource)}` : "");
  return operation === "Update" ? `${name} using ${apiVersion}` : name;
}
