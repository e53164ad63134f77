import type { KubeObject } from "../meta/object.ts";
import { fieldDescription, metadataDescription } from "./column-description.ts";
import type { Column } from "./kind.ts";
import { since } from "./printers/cells.ts";

/** autoscaling/v1 Scale, as far as it is printed. */
interface Scale extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number };
}

/** How a Scale is printed, whatever it is of. (pkg/printers/internalversion printScale) */
export const scaleColumns: readonly Column<KubeObject>[] = [
  {
    name: "Name",
    type: "string",
    description: () => metadataDescription("Name"),
    value: ({ metadata }) => metadata.name ?? "",
  },
  {
    name: "Desired",
    type: "integer",
    description: () => fieldDescription("autoscaling.v1.ScaleSpec.replicas"),
    value: (form: Scale) => form.spec?.replicas ?? 0,
  },
  {
    name: "Available",
    type: "integer",
    description: () => fieldDescription("autoscaling.v1.ScaleStatus.replicas"),
    value: (form: Scale) => form.status?.replicas ?? 0,
  },
  {
    name: "Age",
    type: "string",
    description: () => metadataDescription("Age"),
    value: ({ metadata }, now) => since(metadata.creationTimestamp, now),
  },
];
