import type { KubeObject } from "../meta/object.ts";
import { fieldDescription, metadataDescription } from "./column-description.ts";
import type { ColumnFacts } from "./facts.ts";
import type { Column } from "./kind.ts";
import { type Cells, since } from "./printers/cells.ts";
import { printers } from "./printers/printers.ts";

/** The first column of what has no printer of its own. */
export const nameColumn: Column<KubeObject> = {
  name: "Name",
  type: "string",
  format: "name",
  description: () => metadataDescription("Name"),
  value: ({ metadata }) => metadata.name ?? "",
};

/** Kinds without a printer of their own. (apiserver/pkg/registry/rest/table.go) */
export const fallbackColumns: readonly Column<KubeObject>[] = [
  nameColumn,
  {
    name: "Created At",
    type: "date",
    description: () => metadataDescription("Created At"),
    value: ({ metadata }) => metadata.creationTimestamp ?? null,
  },
];

/** What most kinds print alike. */
const COMMON: Cells<KubeObject> = {
  Name: ({ metadata }) => metadata.name ?? "",
  Age: ({ metadata }, now) => since(metadata.creationTimestamp, now),
  "Created At": ({ metadata }) => metadata.creationTimestamp ?? null,
};

/** The columns that the facts name, with the values that the kind or the printers give. */
export function joinColumns(
  resource: string,
  facts: readonly ColumnFacts[] | undefined,
  own: readonly Column<KubeObject>[] | undefined,
): readonly Column<KubeObject>[] {
  if (!facts) return own ?? fallbackColumns;
  const cells = printers[resource];
  return facts.map(([name, type, format, priority, source]) => ({
    name,
    type,
    format,
    priority,
    description: () => (source ? sourceText(source) : metadataDescription(name)),
    value: own?.find((column) => column.name === name)?.value ?? cells?.[name] ?? COMMON[name] ?? (() => null),
  }));
}

/** What the facts say of a column: its own words after `=`, or the field that has them. */
function sourceText(source: string): string {
  return source.startsWith("=") ? source.slice(1) : fieldDescription(source);
}
