import type { CSINode, CSINodeDriver } from "../../../openapi/api/storage.k8s.io.v1.ts";
import { qualifiedName } from "../../meta/field-checks.ts";
import { type FieldError, fieldDuplicate, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { immutable } from "../../meta/internal-form.ts";
import { validateNonNegative } from "../../meta/object-meta.ts";
import { repeated } from "../../meta/repeated.ts";
import { defineKind } from "../kind.ts";
import { validateDriverName } from "./driver-name.ts";

const MAX_NODE_ID = 256;

/** CSINode, storage.k8s.io/v1. Follows pkg/registry/storage/csinode and pkg/apis/storage/validation. */
export const csiNode = defineKind<CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  returnsDeletedObject: true,
  allowUnconditionalUpdate: false,
  validate,
  updateChecks: ["whole", "own"],
  validateUpdate: (object, old) => [
    ...validate(object),
    ...(old.spec.drivers ?? []).flatMap((before) =>
      (object.spec.drivers ?? [])
        .filter(({ name }) => name === before.name)
        .flatMap((driver) =>
          immutable("storage.CSINodeDriver", [withoutCount(driver), withoutCount(before)], "spec.drivers"),
        ),
    ),
  ],
});

/** How many volumes fit may change. */
function withoutCount({ allocatable: _, ...driver }: CSINodeDriver): Omit<CSINodeDriver, "allocatable"> {
  return driver;
}

function validate({ spec }: CSINode): FieldError[] {
  const drivers = spec.drivers ?? [];
  const repeats = repeated(drivers, ({ name }) => name);
  return drivers.flatMap((driver, index) => {
    const { name = "", nodeID = "", allocatable, topologyKeys } = driver;
    const field = `spec.drivers[${index}]`;
    const keys = topologyKeys ?? [];
    const repeatedKeys = repeated(keys, (key) => key);
    const tooLong = `must be ${MAX_NODE_ID} characters or less`;
    return [
      ...validateDriverName(name, `${field}.name`),
      ...(nodeID ? [] : [fieldRequired(`${field}.nodeID`, "")]),
      ...(Buffer.byteLength(nodeID) > MAX_NODE_ID ? [fieldInvalid(`${field}.nodeID`, nodeID, tooLong)] : []),
      ...validateNonNegative(allocatable?.count ?? 0, `${field}.allocatable.count`),
      ...(repeats.has(index) ? [fieldDuplicate(`${field}.name`, name)] : []),
      ...keys.flatMap((key, at) => [
        ...(key ? [] : [fieldRequired(field, "")]),
        ...(repeatedKeys.has(at) ? [fieldDuplicate(field, key)] : []),
        ...qualifiedName(key, field),
      ]),
    ];
  });
}
